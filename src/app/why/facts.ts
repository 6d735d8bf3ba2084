import type { OpenTransaction } from '../../kafka/open-transactions.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { WorkerView } from '../monitor/model.ts'
import type { WorkerReport } from '../monitor/report.ts'

/** One reason why a worker lags, or would. */
export interface Finding {
  /** Stable: scripts read it. */
  readonly kind: FindingKind
  readonly text: string
  /** The figures that it is concluded from. */
  readonly evidence: string
  /** What to run next. */
  readonly command: string
}

type FindingKind =
  | 'topic-missing'
  | 'no-leader'
  | 'not-running'
  | 'process-silent'
  | 'trouble'
  | 'rebalancing'
  | 'restoring'
  | 'held-transaction'
  | 'throttled'
  | 'dying'
  | 'skew'
  | 'slow-commits'
  | 'failed-transactions'
  | 'outpaced'
  | 'not-gaining'
  | 'catching-up'

/** What a process of the worker says of it. */
export interface Told {
  readonly pid: number
  /** How old that is. */
  readonly ageMs: number
  /** The system holds the process: SIGSTOP, or a debugger. */
  readonly stopped: boolean
  readonly report: WorkerReport
}

export interface Held extends TopicPartition {
  /** Records and markers that wait for its end. */
  readonly records: number
  /** Undefined: the brokers do not tell whose it is. */
  readonly transaction: OpenTransaction | undefined
}

/** Of the records that wait in a partition, those with the most frequent key. */
export interface HeaviestKey extends TopicPartition {
  readonly key: string
  readonly records: number
  /** Waiting records that were looked at. */
  readonly sampled: number
}

/** What was measured of a worker over some seconds. */
export interface Facts {
  readonly view: WorkerView
  /** ms since 1970. */
  readonly nowMs: number
  readonly seconds: number
  readonly topicsMissing: readonly string[]
  /** Null: not known. */
  readonly arrivingPerSecond: number | null
  readonly processedPerSecond: number | null
  readonly told: readonly Told[]
  readonly held: readonly Held[]
  readonly heaviest: HeaviestKey | undefined
}

export type Look = (facts: Facts) => Finding[]
