import { nextOffsetAfter, visibleBatches, type FetchedBytes } from './batch-record-set.ts'
import { unsupportedCompression } from './decompress.ts'
import { arePlain, firstHole } from './gaps.ts'
import { decodeMessages, KafkajsDecoder, type DecodedMessage } from '../kafkajs/protocol.ts'
import { readRecordBatches } from './record-batch.ts'
import type { RecordCursor, RecordHeader, RecordSet } from './record-set.ts'

const nothing = Buffer.alloc(0)

class MessageCursor implements RecordCursor {
  readonly #messages: readonly DecodedMessage[]
  #at = -1

  constructor(messages: readonly DecodedMessage[]) {
    this.#messages = messages
  }

  next(): boolean {
    if (this.#at < this.#messages.length) this.#at++
    return this.#at < this.#messages.length
  }

  get #message(): DecodedMessage {
    const message = this.#messages[this.#at]
    if (!message) throw new Error('the cursor is on no record')
    return message
  }

  get offset(): number {
    return Number(this.#message.offset)
  }

  get timestamp(): number {
    return Number(this.#message.timestamp)
  }

  get keyIsNull(): boolean {
    return this.#message.key === null
  }

  get valueIsNull(): boolean {
    return this.#message.value === null
  }

  get bytes(): Buffer {
    return this.#message.value ?? nothing
  }

  get valueStart(): number {
    return 0
  }

  get valueEnd(): number {
    return this.#message.value?.length ?? -1
  }

  key(): Buffer | null {
    return this.#message.key
  }

  value(): Buffer | null {
    return this.#message.value
  }

  keyText(): string | null {
    return this.#message.key?.toString() ?? null
  }

  valueText(): string | null {
    return this.#message.value?.toString() ?? null
  }

  /** kafkajs keeps no order between different keys, and finds what every object inherits (`constructor`) among the values. */
  headers(): RecordHeader[] {
    return Object.entries(this.#message.headers).flatMap(([key, values]) =>
      [values]
        .flat()
        .filter((value) => value === null || Buffer.isBuffer(value))
        .map((value) => ({ key, value })),
    )
  }
}

/** As `decodeRecordSet`, the records being decoded by kafkajs; which of them are visible is decided as there. */
export async function decodeRecordSetByKafkajs({ bytes, fetchOffset, aborted }: FetchedBytes): Promise<RecordSet> {
  const batches = readRecordBatches(bytes)
  const visible = visibleBatches(batches, aborted)
  const unreadable = batches.find((batch) => batch.codec > 1)
  if (unreadable) throw unsupportedCompression(unreadable)
  const firstOffsets = new Set(visible.map((batch) => String(batch.baseOffset)))
  // Only complete batches: kafkajs reads beyond the end of fewer than 17 bytes.
  const complete = bytes.subarray(0, batches.at(-1)?.end ?? 0)
  const decoder = new KafkajsDecoder(Buffer.concat([int32(complete.length), complete]))
  const messages = (await decodeMessages(decoder)).filter(
    ({ offset, batchContext }) => firstOffsets.has(batchContext.firstOffset) && Number(offset) >= fetchOffset,
  )
  return {
    nextOffset: nextOffsetAfter(batches, fetchOffset),
    count: messages.length,
    byteLength: visible.reduce((sum, { start, end }) => sum + end - start, 0),
    firstHole: firstHole(batches, fetchOffset),
    isPlain: arePlain(batches, fetchOffset),
    cursor: () => new MessageCursor(messages),
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
