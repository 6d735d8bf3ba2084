import { crc32cInScript } from '../../../../src/kafka/wire/crc32c.ts'
import { Encoder, encodeRecord, encodeRecordBatch, type PlainMessage } from './kafkajs-internals.ts'
import { codecOf } from '../../../../src/kafka/wire/codecs.ts'
import { type Compression, codecNumber } from '../../../../src/kafka/compression.ts'

export interface LogBatch {
  readonly baseOffset: number
  /** With their offsets: gaps are records that compaction took. */
  readonly records: readonly (PlainMessage & { readonly offset: number; readonly timestampDelta?: number })[]
  /** The batch's last offset, when compaction took its last record. */
  readonly lastOffset?: number
  readonly producerId?: string
  readonly control?: 'abort' | 'commit'
  readonly gzip?: boolean
  readonly appendTime?: boolean
}

export const FIRST_TIMESTAMP = 1_700_000_000_000
export const MAX_TIMESTAMP = FIRST_TIMESTAMP + 5_000_000_000
const ATTRIBUTES_AT = 21
const LOG_APPEND_TIME = 8
const CONTROL = 32

/** A record batch as it lies in a broker's log, made with kafkajs's encoders. */
export async function logBatch(batch: LogBatch): Promise<Buffer> {
  const { baseOffset, records, producerId = '-1' } = batch
  const lastOffset = batch.lastOffset ?? records.at(-1)?.offset ?? baseOffset
  const encoded = await encodeRecordBatch({
    compression: batch.gzip ? 1 : 0,
    firstOffset: baseOffset,
    firstTimestamp: FIRST_TIMESTAMP,
    maxTimestamp: MAX_TIMESTAMP,
    lastOffsetDelta: lastOffset - baseOffset,
    transactional: producerId !== '-1',
    producerId,
    records: records.map(({ offset, timestampDelta = 0, ...message }) =>
      encodeRecord({ ...message, offsetDelta: offset - baseOffset, timestampDelta }),
    ),
  })
  const flags = (batch.appendTime ? LOG_APPEND_TIME : 0) | (batch.control ? CONTROL : 0)
  const bytes = Buffer.from(encoded.buffer)
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | flags, ATTRIBUTES_AT)
  return checked(bytes)
}

/** With its checksum as it must be. */
export function checked(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32cInScript(batch, ATTRIBUTES_AT), ATTRIBUTES_AT - 4)
  return batch
}

/** The same batch with its records packed. */
export async function packed(batch: Buffer, compression: Exclude<Compression, 'none'>): Promise<Buffer> {
  return withBody(batch, compression, await (await codecOf(compression)).compress(batch.subarray(61)))
}

/** The same batch with other bytes where its records are. */
export function withBody(batch: Buffer, compression: Compression, body: Buffer): Buffer {
  const bytes = Buffer.concat([batch.subarray(0, 61), body])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | codecNumber(compression), ATTRIBUTES_AT)
  return checked(bytes)
}

/** The batch that ends a transaction. */
export const marker = (baseOffset: number, producerId: string, type: 'abort' | 'commit'): LogBatch => {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])
  return { baseOffset, producerId, control: type, records: [{ offset: baseOffset, key, value: Buffer.alloc(6) }] }
}

export interface Answer {
  readonly bytes: Buffer
  readonly aborted?: readonly { readonly producerId: string; readonly firstOffset: number }[]
  readonly errorCode?: number
  readonly lastStableOffset?: number
  readonly topic?: string
  readonly partition?: number
}

/** A Fetch response (version 11) as it comes after the correlation id. */
export function fetchResponse(answers: readonly Answer[], errorCode = 0): Buffer {
  const topics = answers.map(({ bytes, aborted = [], topic = 'orders', partition = 2, ...answer }) =>
    new Encoder().writeString(topic).writeArray([
      new Encoder()
        .writeInt32(partition)
        .writeInt16(answer.errorCode ?? 0)
        .writeInt64('9007199254740991')
        .writeInt64(answer.lastStableOffset ?? 5_000_000_000)
        .writeInt64(4)
        .writeArray(
          aborted.map(({ producerId, firstOffset }) => new Encoder().writeInt64(producerId).writeInt64(firstOffset)),
        )
        .writeInt32(-1)
        .writeBytes(bytes),
    ]),
  )
  return new Encoder().writeInt32(15).writeInt16(errorCode).writeInt32(0).writeArray(topics).buffer
}
