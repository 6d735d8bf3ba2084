import { nextOffsetAfter, type FetchedBytes } from './batch-record-set.ts'
import { decide } from './decided.ts'
import { cannotUnpack } from './decompress.ts'
import { arePlain, firstHole } from './gaps.ts'
import { registerCodecs } from './kafkajs-codecs.ts'
import { decodeMessages, KafkajsDecoder, type DecodedMessage } from '../kafkajs/protocol.ts'
import { HEADER_BYTES, readRecordBatches, type RecordBatch } from './record-batch.ts'
import type { Place } from './unreadable.ts'
import { compressions } from '../compression.ts'
import type { RecordCursor, RecordHeader, RecordSet } from '../records.ts'

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
export async function decodeRecordSetByKafkajs({
  bytes,
  at,
  fetchOffset,
  transactions,
}: FetchedBytes): Promise<RecordSet> {
  const { batches, visible: shown } = decide(readRecordBatches(bytes, at), transactions, fetchOffset)
  const visible = shown.filter((batch) => batch.lastOffset >= fetchOffset)
  const messages: DecodedMessage[] = []
  let readable = 0
  try {
    for (; readable < visible.length; readable++) messages.push(...(await decoded(visible[readable]!, at)))
  } catch (error) {
    if (readable === 0) throw error
  }
  const left = visible[readable]
  const nextOffset = left ? Math.max(left.baseOffset, fetchOffset) : nextOffsetAfter(batches, fetchOffset)
  const fetched = left ? batches.filter(({ lastOffset }) => lastOffset < nextOffset) : batches
  const wanted = messages.filter(({ offset }) => Number(offset) >= fetchOffset)
  return {
    nextOffset,
    count: wanted.length,
    byteLength: visible.slice(0, readable).reduce((sum, { start, end }) => sum + end - start, 0),
    firstHole: firstHole(fetched, fetchOffset),
    isPlain: arePlain(fetched, fetchOffset),
    cursor: () => new MessageCursor(wanted),
  }
}

/** One batch at a time, so that an error can say where. */
async function decoded(batch: RecordBatch, at: Place): Promise<DecodedMessage[]> {
  if (compressions[batch.codec] === undefined) throw cannotUnpack(batch, at, undefined)
  registerCodecs()
  const bytes = batch.buffer.subarray(batch.start - HEADER_BYTES, batch.end)
  try {
    return await decodeMessages(new KafkajsDecoder(Buffer.concat([int32(bytes.length), bytes])))
  } catch (error) {
    throw cannotUnpack(batch, at, error)
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
