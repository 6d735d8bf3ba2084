import { createRequire } from 'node:module'

/** kafkajs's own encoders and readers: what the tests compare with, and build a broker's answers from. */
const require = createRequire(import.meta.url)
export const internal = (path: string): unknown => require(`kafkajs/src/${path}`)

export interface Encoder {
  readonly buf: Buffer
  readonly buffer: Buffer
  writeInt8(value: number): this
  writeInt16(value: number): this
  writeInt32(value: number): this
  writeInt64(value: number | string): this
  writeString(value: string): this
  writeUVarInt(value: number): this
  writeUVarIntString(value: string): this
  writeEncoder(other: Encoder): this
  writeBytes(value: Buffer): this
  writeArray(values: readonly Encoder[]): this
}

export interface PlainMessage {
  readonly key: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers?: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[]>>
}

interface RecordArguments extends PlainMessage {
  readonly offsetDelta: number
  readonly timestampDelta: number
}

interface BatchArguments {
  readonly compression: number
  readonly firstOffset: number | string
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly lastOffsetDelta: number
  readonly transactional: boolean
  readonly producerId: string
  readonly records: readonly Encoder[]
}

export interface KafkajsMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>
  readonly isControlRecord: boolean
}

interface PartitionAnswer {
  readonly partition: number
  readonly highWatermark: string
  readonly abortedTransactions: readonly { producerId: string; firstOffset: string }[]
  readonly messages: readonly KafkajsMessage[]
}

interface Frame {
  readonly correlationId: number
  readonly clientId: string
  readonly request: unknown
}

export const Encoder = internal('protocol/encoder') as new () => Encoder
export const encodeRecord = internal('protocol/recordBatch/record/v0') as (record: RecordArguments) => Encoder
export const encodeRecordBatch = (
  internal('protocol/recordBatch/v0') as { RecordBatch: (batch: BatchArguments) => Promise<Encoder> }
).RecordBatch
export const encodeProduce = internal('protocol/requests/produce/v7/request') as (args: unknown) => unknown
export const frame = internal('protocol/request') as (args: Frame) => Promise<Encoder>
export const decodeFetch = (
  internal('protocol/requests/fetch/v11/response') as {
    decode: (payload: Buffer) => Promise<{ responses: { topicName: string; partitions: PartitionAnswer[] }[] }>
  }
).decode
export const Batch = internal('consumer/batch') as new (
  topic: string,
  fetchOffset: string,
  answer: PartitionAnswer,
) => { readonly messages: readonly KafkajsMessage[] }

export const kafkajsMurmur2 = internal('producer/partitioners/default/murmur2') as (key: Buffer | string) => number
export const kafkajsCrc32c = internal('protocol/recordBatch/crc32C') as (bytes: Buffer) => number
