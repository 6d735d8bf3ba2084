import { ByteReader } from './byte-reader.ts'
import { KafkajsEncoder, type ProtocolRequest } from '../kafkajs/protocol.ts'

/** Served from Kafka 2.0 to 4.x. */
export const metadataApi = { apiKey: 3, apiVersion: 6, apiName: 'Metadata' } as const

/** What a broker knows of the cluster, in the shape of kafkajs's own answer. Errors of topics and partitions are part of it. */
export interface Metadata {
  readonly clientSideThrottleTime: number
  readonly brokers: readonly MetadataBroker[]
  readonly clusterId: string
  /** -1: none is elected. */
  readonly controllerId: number
  readonly topicMetadata: readonly TopicMetadata[]
}

interface MetadataBroker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface TopicMetadata {
  readonly topicErrorCode: number
  readonly topic: string
  readonly isInternal: boolean
  readonly partitionMetadata: readonly PartitionMetadata[]
}

interface PartitionMetadata {
  /** 5: no leader; 9: a replica is not available. */
  readonly partitionErrorCode: number
  readonly partitionId: number
  /** -1: none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

/** A Metadata request for `connectionPool.send`. No topics: only who is in the cluster. Creates no topic. */
export function metadataRequest(topics: readonly string[] | 'all'): ProtocolRequest<Metadata, Metadata> {
  return {
    request: { ...metadataApi, encode: () => Promise.resolve(encode(topics)) },
    response: { decode: (payload) => Promise.resolve(decode(payload)), parse: (decoded) => Promise.resolve(decoded) },
    logResponseError: false,
  }
}

function encode(topics: readonly string[] | 'all'): KafkajsEncoder {
  const encoder = new KafkajsEncoder()
  if (topics === 'all') encoder.writeInt32(-1)
  else {
    encoder.writeInt32(topics.length)
    for (const topic of topics) encoder.writeString(topic)
  }
  return encoder.writeBoolean(false) // allow auto topic creation
}

function decode(payload: Buffer): Metadata {
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
