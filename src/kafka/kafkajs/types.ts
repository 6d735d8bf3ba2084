import type { Socket } from 'node:net'
import type { ApiVersions, Exchange } from '../exchange.ts'
import type { Metadata } from '../transport.ts'

/** kafkajs's own broker: a connection, and the versions that its other end has told. */
export interface KafkajsBroker {
  readonly nodeId: number
  /** Null until the broker has answered for the first time. */
  readonly versions: ApiVersions | null
  readonly connectionPool: {
    readonly host: string
    readonly port: number
    readonly pool: readonly { readonly socket?: Socket }[]
    send<Result>(exchange: Exchange<Result>): Promise<Result>
  }
  isConnected: () => boolean
  connect: () => Promise<void>
  disconnect: () => Promise<void>
  metadata: (topics?: readonly string[]) => Promise<Metadata>
}

export interface Cluster {
  readonly brokerPool: {
    readonly metadata: Metadata | null
    seedBroker?: KafkajsBroker
    readonly brokers: Readonly<Record<string, KafkajsBroker>>
    findConnectedBroker: () => Promise<KafkajsBroker>
  }
  connect: () => Promise<void>
  disconnect: () => Promise<void>
  addMultipleTargetTopics: (topics: readonly string[]) => Promise<void>
  refreshMetadata: () => Promise<void>
  findBroker: (args: { nodeId: number }) => Promise<KafkajsBroker>
  findGroupCoordinator: (args: { groupId: string; coordinatorType: number }) => Promise<KafkajsBroker>
}
