import type { ConnectionOptions } from 'node:tls'

/** How to reach a Kafka cluster, and as whom. Everything that connects takes this one value. */
export interface ConnectionSettings {
  /** `host:port` of one broker or more; an IPv6 address is in brackets. */
  readonly brokers: readonly string[]
  /** What brokers call this client in their logs and quotas. */
  readonly clientId?: string
  /** How long a connection may take to be made, in ms. */
  readonly connectTimeoutMs?: number
  /** How long one request may take, in ms. Below the transaction timeout, so that a lost answer does not outlive its transaction. */
  readonly requestTimeoutMs?: number
  readonly tls?: ConnectionOptions
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
}

/** The part of all settings that says how to reach the cluster. */
export const connectionOf = ({ brokers }: { readonly brokers: readonly string[] }): ConnectionSettings => ({ brokers })
