import type { Exchange } from '../exchange.ts'
import { KafkajsEncoder } from '../kafkajs/protocol.ts'
import type { Metadata, TopicMetadata } from '../transport.ts'
import { ByteReader } from './byte-reader.ts'

/** Version 6 is served from Kafka 2.0 to 4.x; 10 is the first whose answer names topics' ids (KIP-516, Kafka 2.8). kafkajs ends at 6. */
export const metadataApi = { apiKey: 3, apiVersion: 6, withIds: 10, apiName: 'Metadata' } as const
type Version = typeof metadataApi.apiVersion | typeof metadataApi.withIds

/** A Metadata request. No topics: only who is in the cluster. Creates no topic. `rights`, from the version with ids: also what we may do with them. */
export function metadataRequest(
  topics: readonly string[] | 'all',
  version: Version = metadataApi.apiVersion,
  { rights = false }: { rights?: boolean } = {},
): Exchange<Metadata, Metadata> {
  const { apiKey, apiName, withIds } = metadataApi
  const [encode, decode] = version === withIds ? [encodeWithIds, decodeWithIds] : [encodePlain, decodePlain]
  return {
    request: { apiKey, apiVersion: version, apiName, encode: () => Promise.resolve(encode(topics, rights)) },
    response: { decode: (payload) => Promise.resolve(decode(payload)), parse: (decoded) => Promise.resolve(decoded) },
    logResponseError: false,
  }
}

function encodePlain(topics: readonly string[] | 'all'): KafkajsEncoder {
  const encoder = new KafkajsEncoder()
  if (topics === 'all') encoder.writeInt32(-1)
  else {
    encoder.writeInt32(topics.length)
    for (const topic of topics) encoder.writeString(topic)
  }
  return encoder.writeBoolean(false) // allow auto topic creation
}

function decodePlain(payload: Buffer): Metadata {
  const reader = new ByteReader(payload)
  const ids = (): number[] => reader.array(() => reader.int32())
  return {
    clientSideThrottleTime: reader.int32(),
    brokers: reader.array(() => ({
      nodeId: reader.int32(),
      host: reader.text(),
      port: reader.int32(),
      rack: reader.nullableText(),
    })),
    clusterId: reader.text(),
    controllerId: reader.int32(),
    topicMetadata: reader.array(() => ({
      topicErrorCode: reader.int16(),
      topic: reader.text(),
      id: undefined,
      isInternal: reader.int8() === 1,
      partitionMetadata: reader.array(() => ({
        partitionErrorCode: reader.int16(),
        partitionId: reader.int32(),
        leader: reader.int32(),
        replicas: ids(),
        isr: ids(),
        offlineReplicas: ids(),
      })),
    })),
  }
}

/** In a flexible version (KIP-482) tagged fields end the request's header, which kafkajs writes without them, and every structure. */
const NO_TAGS = 0
const noId = '0'.repeat(32)
const EVERY_TOPIC = 0
const RIGHTS_UNKNOWN = -(2 ** 31)

function encodeWithIds(topics: readonly string[] | 'all', rights: boolean): KafkajsEncoder {
  const encoder = new KafkajsEncoder().writeInt8(NO_TAGS)
  if (topics === 'all') encoder.writeUVarInt(EVERY_TOPIC)
  else {
    encoder.writeUVarInt(topics.length + 1)
    for (const topic of topics) {
      for (let word = 0; word < 4; word++) encoder.writeInt32(0) // asked for by name, not by id
      encoder.writeUVarIntString(topic).writeInt8(NO_TAGS)
    }
  }
  // create topics automatically, cluster rights, topic rights
  return encoder.writeBoolean(false).writeBoolean(false).writeBoolean(rights).writeInt8(NO_TAGS)
}

function decodeWithIds(payload: Buffer): Metadata {
  const reader = new ByteReader(payload)
  reader.tags()
  return {
    clientSideThrottleTime: reader.int32(),
    brokers: reader.compactArray(() => {
      const broker = { nodeId: reader.int32(), host: reader.compactText(), port: reader.int32() }
      const rack = reader.compactText() || null
      reader.tags()
      return { ...broker, rack }
    }),
    clusterId: reader.compactText(),
    controllerId: reader.int32(),
    topicMetadata: reader.compactArray(() => topicWithId(reader)),
  }
}

function topicWithId(reader: ByteReader): TopicMetadata {
  const [topicErrorCode, topic, id] = [reader.int16(), reader.compactText(), reader.uuid()]
  const isInternal = reader.int8() === 1
  const ids = (): number[] => reader.compactArray(() => reader.int32())
  const partitionMetadata = reader.compactArray(() => {
    const [partitionErrorCode, partitionId, leader] = [reader.int16(), reader.int32(), reader.int32()]
    reader.int32() // leader epoch
    const [replicas, isr, offlineReplicas] = [ids(), ids(), ids()]
    reader.tags()
    return { partitionErrorCode, partitionId, leader, replicas, isr, offlineReplicas }
  })
  const rights = reader.int32()
  reader.tags()
  const known = rights === RIGHTS_UNKNOWN ? {} : { rights }
  return { topicErrorCode, topic, id: id === noId ? undefined : id, isInternal, partitionMetadata, ...known }
}
