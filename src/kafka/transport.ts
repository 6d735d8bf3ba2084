import type { ConnectionSettings } from '../settings/connection.ts'
import type { Log } from '../log.ts'
import type { ApiVersions, Exchange } from './exchange.ts'

/** A broker: where it is, what it understands, and how to ask it. One object for as long as it is known. */
export interface Broker {
  readonly nodeId: number
  /** `host:port`, as the cluster advertises it. */
  readonly address: string
  /** Null until the broker has answered for the first time. */
  readonly versions: ApiVersions | null
  isConnected(): boolean
  /** @throws what the broker answered, or an error that `isConnectionError` knows: then it may have been carried out all the same */
  send<Result>(exchange: Exchange<Result>): Promise<Result>
}

/**
 * Connections to the brokers of one cluster: all that the rest of payflow knows of them. Requests are values (`Exchange`), so a transport
 * frames and sends them, logs in, and knows who is where; what they say is not its business.
 */
export interface Transport {
  /** Connects to one of the addresses that it was made with, and logs in. */
  connect(): Promise<Broker>
  /** What the last answer said; null before the first. */
  readonly metadata: Metadata | null
  /** From now on metadata are about these topics too. Asks for them. */
  learn(topics: readonly string[]): Promise<void>
  /** Asks for the metadata of all topics that it has learned of. */
  refresh(): Promise<void>
  /** The broker of this id, connected. */
  broker(nodeId: number): Promise<Broker>
  /** Any broker that answers, connected. */
  any(): Promise<Broker>
  /** The coordinator of a group or of a transactional id, connected. */
  coordinator(type: CoordinatorType, id: string): Promise<Broker>
  /** All that are known, connected or not. */
  readonly brokers: readonly Broker[]
  /** Ends the connection without waiting for answers that are still due; others are asked first for a while. */
  breakOff(broker: Broker): void
  /** Ends all connections at once: requests under way fail. */
  close(): Promise<void>
}

export interface TransportOptions extends ConnectionSettings {
  readonly log?: Log
  /** Told of each request that was answered, or failed. */
  readonly onRequest?: (asked: AskedBroker) => void
}

export interface AskedBroker {
  /** The request's name in the Kafka protocol. */
  readonly api: string
  readonly ms: number
  readonly ok: boolean
  /** How long the broker wants nothing more to be asked, because a quota is used up. */
  readonly throttledMs: number
}

export type CoordinatorType = 'group' | 'transaction'

/** What a broker knows of the cluster. Errors of topics and partitions are part of it. */
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
  /** 32 hexadecimal digits; undefined where the answer names none: before Kafka 2.8, and in older versions of the request. */
  readonly id: string | undefined
  readonly isInternal: boolean
  /** Bits, by the codes of Kafka's operations: what we may do with it. Absent where the answer does not say. */
  readonly rights?: number
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
