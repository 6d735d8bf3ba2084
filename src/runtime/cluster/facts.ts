import type { ErrorCode } from '../../error-codes.ts'
import type { ErrorKind } from '../../errors.ts'
import type { Config } from '../../kafka/configs.ts'

/** What a worker uses a topic for; `offsets` and `transactions` are Kafka's own. */
export type Role = 'input' | 'output' | 'state' | 'inbox' | 'dead-letters' | 'offsets' | 'transactions'

export interface TopicFacts {
  readonly topic: string
  readonly role: Role
  readonly replicas: number
  /** Where the log begins, the latest of its partitions; asked for the state topic only. */
  readonly start: number
  /** Undefined: it may not be read. */
  readonly config: Config | undefined
}

/** All that the rules look at. */
export interface ClusterFacts {
  /** How a command line names the worker. */
  readonly worker: string
  readonly hasState: boolean
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  /** Brokers that are there now. */
  readonly brokers: number
  readonly broker: Config | undefined
  /** Kafka's own topics are missing until they are first needed. */
  readonly topics: readonly TopicFacts[]
}

export interface Finding {
  /** The worker must not start; absent: a warning. */
  readonly fatal?: { readonly code: ErrorCode; readonly kind: ErrorKind }
  /** More brokers may come in a moment: it is looked at again before it is believed. */
  readonly mayPass?: boolean
  readonly what: string
  readonly hint: string
}

/** Undefined where the setting is not known. Long.MAX_VALUE and the like lose digits; they are only compared. */
export function settingNumber(config: Config | undefined, name: string): number | undefined {
  const value = config?.get(name)
  return value === undefined || value === '' ? undefined : Number(value)
}

export const copies = (count: number): string => (count === 1 ? 'one copy' : `${count} copies`)
