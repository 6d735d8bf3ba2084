import type { KafkajsMessage } from '../kafkajs/protocol.ts'
import { RecordBuffer } from './record-buffer.ts'
import type { Header, Records } from '../records.ts'

/** Records as kafkajs's own encoder takes them: encoded when the request is. */
export class MessageList implements Records {
  #messages: KafkajsMessage[] = []
  #byteLength = 0

  get count(): number {
    return this.#messages.length
  }

  /** An upper bound. */
  get byteLength(): number {
    return this.#byteLength
  }

  get messages(): readonly KafkajsMessage[] {
    return this.#messages
  }

  append(key: Buffer | string | null, value: Buffer | string | null, headers: readonly Header[] = []): void {
    const message = { key: bytesOf(key), value: bytesOf(value), headers: headersByKey(headers) }
    this.#messages.push(message)
    this.#byteLength += RecordBuffer.sizeOf(message.key, message.value, headers)
  }

  clear(): void {
    this.#messages = []
    this.#byteLength = 0
  }
}

const bytesOf = (field: Buffer | string | null): Buffer | null =>
  typeof field === 'string' ? Buffer.from(field) : field

/** kafkajs has no null header values, and no order among the keys of headers. */
function headersByKey(headers: readonly Header[]): Readonly<Record<string, (Buffer | string)[]>> {
  const byKey = Object.create(null) as Record<string, (Buffer | string)[]>
  for (const { key, value } of headers) (byKey[key] ??= []).push(value ?? '')
  return byKey
}
