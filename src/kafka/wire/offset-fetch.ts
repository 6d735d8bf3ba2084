import { ByteReader } from './byte-reader.ts'
import type { Exchange } from '../exchange.ts'
import { KafkajsEncoder, createErrorFromCode } from '../kafkajs/protocol.ts'

/** The first version that can leave out offsets which a transaction under way is about to change (KIP-447); kafkajs ends at 5. */
export const offsetFetchApi = { apiKey: 9, apiVersion: 7, apiName: 'OffsetFetch' } as const

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  /** -1: none. */
  readonly offset: number
  /** 0: answered; 88 (UNSTABLE_OFFSET_COMMIT): a transaction with this partition's offset is not decided yet, or not taken in. */
  readonly errorCode: number
}

interface OffsetFetchResponse {
  readonly clientSideThrottleTime: number
  readonly errorCode: number
  readonly offsets: CommittedOffset[]
}

export type Topics = ReadonlyMap<string, readonly number[]>

/** For the group's coordinator. `stable`: only offsets that are decided. An error of a partition is part of the result. */
export function offsetFetchRequest(
  groupId: string,
  topics: Topics | 'all',
  { stable }: { stable: boolean },
): Exchange<CommittedOffset[], OffsetFetchResponse> {
  return {
    request: { ...offsetFetchApi, encode: () => Promise.resolve(encode(groupId, topics, stable)) },
    response: {
      decode: (payload) => Promise.resolve(decode(payload)),
      parse: ({ errorCode, offsets }) =>
        errorCode === 0 ? Promise.resolve(offsets) : Promise.reject(createErrorFromCode(errorCode)),
    },
    logResponseError: false,
  }
}

/** In a flexible version (KIP-482) tagged fields end the request's header, which kafkajs writes without them, and every structure. */
const NO_TAGS = 0

const EVERY_TOPIC = 0

function encode(groupId: string, topics: Topics | 'all', stable: boolean): KafkajsEncoder {
  const encoder = new KafkajsEncoder().writeInt8(NO_TAGS).writeUVarIntString(groupId)
  if (topics === 'all') encoder.writeUVarInt(EVERY_TOPIC)
  else writeTopics(encoder, topics)
  return encoder.writeBoolean(stable).writeInt8(NO_TAGS)
}

function writeTopics(encoder: KafkajsEncoder, topics: Topics): void {
  encoder.writeUVarInt(topics.size + 1)
  for (const [topic, partitions] of topics) {
    encoder.writeUVarIntString(topic).writeUVarInt(partitions.length + 1)
    for (const partition of partitions) encoder.writeInt32(partition)
    encoder.writeInt8(NO_TAGS)
  }
}

function decode(payload: Buffer): OffsetFetchResponse {
  const reader = new ByteReader(payload)
  reader.tags()
  const clientSideThrottleTime = reader.int32()
  const topics = reader.compactArray(() => {
    const topic = reader.compactText()
    const partitions = reader.compactArray((): CommittedOffset => {
      const partition = reader.int32()
      const offset = reader.int64()
      reader.int32() // leader epoch
      reader.compactText() // metadata
      const errorCode = reader.int16()
      reader.tags()
      return { topic, partition, offset, errorCode }
    })
    reader.tags()
    return partitions
  })
  return { clientSideThrottleTime, errorCode: reader.int16(), offsets: topics.flat() }
}
