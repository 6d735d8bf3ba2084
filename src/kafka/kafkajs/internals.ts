import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { Admin, ConfigResourceTypes, Kafka, KafkaConfig, logLevel } from 'kafkajs'
import './repairs.ts'
import './request-queue.ts'
import type { Metadata } from '../wire/metadata.ts'

/**
 * The parts of kafkajs 2.2.4 below its public producers and consumers: connections, metadata, and one method a broker request.
 * payflow drives the group, the fetches and the transactions itself (docs/decisions/0001) and takes the protocol from here.
 */
const require = createRequire(import.meta.url)

export interface ProtocolExchange<Result> {
  readonly request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<unknown> }
  readonly response: { decode: (raw: Buffer) => Promise<unknown>; parse: (decoded: never) => Promise<Result> }
  readonly requestTimeout?: number
  readonly logResponseError?: boolean
}

interface TopicPartitions<Partition> {
  readonly topic: string
  readonly partitions: readonly Partition[]
}
interface Producer {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}

export interface JoinGroupResult {
  readonly generationId: number
  readonly groupProtocol: string
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly { memberId: string; memberMetadata: Buffer }[]
}

export interface Broker {
  readonly nodeId: number
  /** Null until the broker has answered for the first time. */
  readonly versions: Readonly<Record<number, { minVersion: number; maxVersion: number }>> | null
  readonly connectionPool: {
    readonly host: string
    readonly port: number
    readonly pool: readonly { readonly socket?: Socket }[]
    send: <Result>(exchange: ProtocolExchange<Result>) => Promise<Result>
  }
  isConnected: () => boolean
  connect: () => Promise<void>
  disconnect: () => Promise<void>
  metadata: (topics: readonly string[]) => Promise<{
    brokers: readonly { nodeId: number; host: string; port: number }[]
    controllerId: number
    topicMetadata: readonly { topic: string; partitionMetadata: readonly { partitionId: number }[] }[]
  }>
  listGroups: () => Promise<{ groups: readonly { groupId: string; protocolType: string }[] }>
  describeGroups: (args: { groupIds: readonly string[] }) => Promise<{
    groups: readonly {
      groupId: string
      state: string
      protocolType: string
      members: readonly { memberId: string; clientId: string; clientHost: string; memberMetadata: Buffer }[]
    }[]
  }>
  findGroupCoordinator: (args: {
    groupId: string
    coordinatorType: number
  }) => Promise<{ coordinator: { nodeId: number } }>
  joinGroup: (args: {
    groupId: string
    sessionTimeout: number
    rebalanceTimeout: number
    memberId: string
    groupProtocols: readonly { name: string; metadata: Buffer }[]
  }) => Promise<JoinGroupResult>
  syncGroup: (args: {
    groupId: string
    generationId: number
    memberId: string
    groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[]
  }) => Promise<{ memberAssignment: Buffer }>
  heartbeat: (args: { groupId: string; groupGenerationId: number; memberId: string }) => Promise<unknown>
  leaveGroup: (args: { groupId: string; memberId: string }) => Promise<unknown>
  offsetFetch: (args: {
    groupId: string
    topics: readonly TopicPartitions<{ partition: number }>[]
  }) => Promise<{ responses: readonly TopicPartitions<{ partition: number; offset: string }>[] }>
  listOffsets: (args: {
    replicaId: number
    isolationLevel: number
    topics: readonly TopicPartitions<{ partition: number; timestamp: number }>[]
  }) => Promise<{ responses: readonly TopicPartitions<{ partition: number; offset: string }>[] }>
  initProducerId: (args: {
    transactionalId?: string
    transactionTimeout: number
  }) => Promise<{ producerId: string; producerEpoch: number }>
  addPartitionsToTxn: (args: Producer & { topics: readonly TopicPartitions<number>[] }) => Promise<unknown>
  addOffsetsToTxn: (args: Producer & { groupId: string }) => Promise<unknown>
  txnOffsetCommit: (
    args: Producer & { groupId: string; topics: readonly TopicPartitions<{ partition: number; offset: string }>[] },
  ) => Promise<unknown>
  endTxn: (args: Producer & { transactionResult: boolean }) => Promise<unknown>
}

export interface Cluster {
  readonly brokerPool: {
    readonly metadata: Metadata | null
    seedBroker?: Broker
    readonly brokers: Readonly<Record<string, Broker>>
    findConnectedBroker: () => Promise<Broker>
  }
  connect: () => Promise<void>
  disconnect: () => Promise<void>
  addMultipleTargetTopics: (topics: readonly string[]) => Promise<void>
  refreshMetadata: () => Promise<void>
  findBroker: (args: { nodeId: number }) => Promise<Broker>
  findGroupCoordinator: (args: { groupId: string; coordinatorType: number }) => Promise<Broker>
}

interface KafkajsModule {
  Kafka: new (config: KafkaConfig) => Kafka
  logLevel: typeof logLevel
  ConfigResourceTypes: typeof ConfigResourceTypes
  AssignerProtocol: {
    MemberMetadata: {
      encode: (metadata: { version: number; topics: readonly string[]; userData: Buffer }) => Buffer
      decode: (bytes: Buffer) => { topics: readonly string[]; userData: Buffer }
    }
    MemberAssignment: {
      encode: (assignment: { version: number; assignment: Record<string, number[]>; userData: Buffer }) => Buffer
      decode: (bytes: Buffer) => { assignment: Record<string, number[]> } | null
    }
  }
}

export const kafkajs = require('kafkajs') as KafkajsModule
export type { Admin, Kafka }

export const COORDINATOR = { group: 0, transaction: 1 } as const

type CreateCluster = (options: Record<string, unknown>) => Cluster

/** `kafka` keeps the function that makes clusters, its admin client's too, behind a private symbol. */
export function clusterFactory(kafka: Kafka): { get: () => CreateCluster; set: (create: CreateCluster) => void } {
  const symbol = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster')
  if (!symbol) throw new Error('this is not kafkajs 2.2.4: it has no private:Kafka:createCluster')
  const owner = kafka as unknown as Record<symbol, CreateCluster>
  return { get: () => owner[symbol]!, set: (create) => (owner[symbol] = create) }
}

/** A cluster handle of its own, with its own connections. */
export function createCluster(kafka: Kafka, options: { metadataMaxAgeMs: number; isolationLevel: number }): Cluster {
  return clusterFactory(kafka).get()({
    metadataMaxAge: options.metadataMaxAgeMs,
    isolationLevel: options.isolationLevel,
    allowAutoTopicCreation: false,
  })
}
