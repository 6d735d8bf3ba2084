import { ByteReader } from './byte-reader.ts'
import { KafkajsEncoder, type ProtocolRequest } from '../kafkajs/protocol.ts'

/** The first version whose answer names a topic's id (KIP-516); kafkajs ends at 6. */
export const topicMetadataApi = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' } as const

export interface TopicMetadata {
  readonly topic: string
  /** 0: answered; 3 (UNKNOWN_TOPIC_OR_PARTITION): there is no such topic, or it is being deleted. */
  readonly errorCode: number
  /** 32 hexadecimal digits; undefined for a topic without an id. */
  readonly id: string | undefined
  readonly partitions: number
}

interface MetadataResponse {
  readonly clientSideThrottleTime: number
  readonly topics: TopicMetadata[]
}

/** A Metadata request for `connectionPool.send` that creates no topic. An error of a topic is part of its result. */
export function topicMetadataRequest(topics: readonly string[]): ProtocolRequest<TopicMetadata[], MetadataResponse> {
  return {
    request: { ...topicMetadataApi, encode: () => Promise.resolve(encode(topics)) },
    response: {
      decode: (payload) => Promise.resolve(decode(payload)),
      parse: ({ topics: found }) => Promise.resolve(found),
    },
    logResponseError: false,
  }
}

/** In a flexible version (KIP-482) tagged fields end the request's header, which kafkajs writes without them, and every structure. */
const noTags = 0
const noId = '0'.repeat(32)

function encode(topics: readonly string[]): KafkajsEncoder {
  const encoder = new KafkajsEncoder().writeInt8(noTags).writeUVarInt(topics.length + 1)
  for (const topic of topics) {
    for (let word = 0; word < 4; word++) encoder.writeInt32(0) // asked for by name, not by id
    encoder.writeUVarIntString(topic).writeInt8(noTags)
  }
  // create topics automatically, cluster rights, topic rights
  return encoder.writeBoolean(false).writeBoolean(false).writeBoolean(false).writeInt8(noTags)
}

function decode(payload: Buffer): MetadataResponse {
  const reader = new ByteReader(payload)
  reader.tags()
  const clientSideThrottleTime = reader.int32()
  reader.compactArray(() => {
    reader.int32() // node id
    reader.compactText() // host
    reader.int32() // port
    reader.compactText() // rack
    reader.tags()
  })
  reader.compactText() // cluster id
  reader.int32() // controller
  return { clientSideThrottleTime, topics: reader.compactArray(() => topicOf(reader)) }
}

function topicOf(reader: ByteReader): TopicMetadata {
  const errorCode = reader.int16()
  const topic = reader.compactText()
  const id = reader.uuid()
  reader.int8() // internal
  const partitions = reader.compactArray(() => {
    reader.int16() // error code
    reader.int32() // partition
    reader.int32() // leader
    reader.int32() // leader epoch
    for (let list = 0; list < 3; list++) reader.compactArray(() => reader.int32()) // replicas, in sync, offline
    reader.tags()
  }).length
  reader.int32() // rights
  reader.tags()
  return { topic, errorCode, id: id === noId ? undefined : id, partitions }
}
