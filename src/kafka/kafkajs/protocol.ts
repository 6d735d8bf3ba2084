import { createRequire } from 'node:module'
import type { EncodableRequest, Encoded } from '../exchange.ts'

// What payflow uses of kafkajs's inside. kafkajs has no `exports` map, so its modules can be required one by one; its version is pinned.

export interface KafkajsMessage {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, (Buffer | string)[]>>
  /** ms since 1970; absent: now. */
  readonly timestamp?: number
}

interface ProduceArguments {
  /** A codec's number. */
  readonly compression: number
  readonly acks: number
  readonly timeout: number
  readonly transactionalId: string | null
  readonly producerId: string
  readonly producerEpoch: number
  readonly topicData: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly firstSequence: number
      readonly messages: readonly KafkajsMessage[]
    }[]
  }[]
}

interface FetchArguments {
  readonly replicaId: number
  readonly isolationLevel: number
  readonly maxWaitTime: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly fetchOffset: number
      readonly maxBytes: number
    }[]
  }[]
}

type HeaderValue = Buffer | null

export interface DecodedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, HeaderValue | HeaderValue[]>>
  readonly batchContext: { readonly firstOffset: string }
}

/** Each method writes behind what is there and returns the encoder itself. */
interface Encoder extends Encoded {
  writeInt8(value: number): this
  writeInt16(value: number): this
  writeInt32(value: number): this
  /** A number up to 2^53, or decimal text. */
  writeInt64(value: number | string): this
  writeBoolean(value: boolean): this
  /** Its length in 16 bits, then its bytes. */
  writeString(value: string): this
  writeUVarInt(value: number): this
  /** A compact string: its length and one more, then its bytes. */
  writeUVarIntString(value: string): this
}

interface Decoder {
  readonly buffer: Buffer
  offset: number
}

const require = createRequire(import.meta.url)

export const kafkajsVersion = (require('kafkajs/package.json') as { version: string }).version

export const encodeProduceV7 = require('kafkajs/src/protocol/requests/produce/v7/request') as (
  args: ProduceArguments,
) => EncodableRequest
export const encodeFetchV11 = require('kafkajs/src/protocol/requests/fetch/v11/request') as (
  args: FetchArguments,
) => EncodableRequest

export const KafkajsEncoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
export type KafkajsEncoder = Encoder

export const KafkajsDecoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => Decoder
/** Reads a record set with its length before it. */
export const decodeMessages = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (
  decoder: Decoder,
) => Promise<DecodedMessage[]>

interface KafkajsCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}
/** By their number; kafkajs has gzip alone, and takes others where they are put. */
export const { Codecs: kafkajsCodecs } = require('kafkajs/src/protocol/message/compression') as {
  Codecs: Record<number, () => KafkajsCodec>
}

export const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error
}
