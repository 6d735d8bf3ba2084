/**
 * What there is to see of a cluster and its workers at one moment. Only types, and none from elsewhere: the browser's code shares this file.
 * Times are ms since 1970. `null` is what is not known, which is not 0.
 */

type Level = 'ok' | 'info' | 'warning' | 'bad'

export interface Verdict {
  readonly level: Level
  readonly text: string
  /** A payflow command that shows more, or mends it. */
  readonly command: string
  /** Since when it has been this verdict. */
  readonly sinceMs: number
}

export interface TopicView {
  readonly topic: string
  readonly partitions: number
  readonly records: number | null
  readonly perSecond: number | null
  /** Partitions without a leader, and those with fewer replicas in sync than they should have. */
  readonly leaderless: number
  readonly underReplicated: number
}

export type Trend = 'growing' | 'draining' | 'steady'

export interface PartitionView {
  readonly topic: string
  readonly partition: number
  /** Null: the partition cannot be asked. */
  readonly lag: number | null
  /** Age of the oldest record that is not processed; 0 without lag. */
  readonly lagSeconds: number | null
  readonly leader: number | null
  /** Where the group stands; null: it has no offset here, or none is known. */
  readonly committed: number | null
  /** The last stable offset. */
  readonly end: number | null
}

export interface ProcessView {
  readonly pid: number
  readonly startedMs: number
  readonly supervised: boolean
  /** Times that it, or the one before it, was started again, as far as anybody knows. */
  readonly restarts: number
  /** When it last told how it is; null: it never did. */
  readonly reportedMs: number | null
}

/** One partition of a worker's life, as the process that has it tells. */
export interface TaskView {
  readonly partition: number
  readonly phase: string
  readonly pid: number
  /** Offsets of the changelog that are still to be read. */
  readonly restoreLeft: number | null
}

/** Of the partitions of a worker, the one with most of its lag. */
export interface Skew {
  readonly topic: string
  readonly partition: number
  /** Its part of the lag, 0..1. */
  readonly share: number
  /** What its part would be if all had the same. */
  readonly even: number
}

export interface WorkerView {
  readonly worker: string
  readonly inputs: readonly string[]
  /** Null: not known. */
  readonly output: string | null
  /** Not one of payflow's own. */
  readonly custom: boolean
  readonly running: boolean
  /** The group's state in the words of Kafka. */
  readonly state: string
  readonly members: number | null
  /** Of the partitions that can be asked. */
  readonly lag: number
  /** Partitions that cannot be asked: its lag is at least what is said. */
  readonly unknownPartitions: number
  readonly lagSeconds: number | null
  /** Records behind a transaction that is open. */
  readonly undecided: number
  readonly trend: Trend
  /** At the present pace; null unless the lag shrinks. */
  readonly secondsToEmpty: number | null
  readonly perSecond: number | null
  /** Null: there is too little lag to be skewed. */
  readonly skew: Skew | null
  readonly partitions: readonly PartitionView[]
  /** Those of this machine and this PAYFLOW_HOME. */
  readonly processes: readonly ProcessView[]
  /** As far as those processes tell. */
  readonly tasks: readonly TaskView[]
  /** Times that a process of it was started again; null: none is known here. */
  readonly restarts: number | null
}

type MarkKind = 'restart' | 'rebalance' | 'fault' | 'broker' | 'topics'

export interface Mark {
  readonly kind: MarkKind
  readonly atMs: number
  readonly text: string
}

export interface BrokerView {
  readonly id: number
  readonly address: string
  readonly controller: boolean
  /** Partitions of payflow's topics that it leads. */
  readonly leads: number
}

/** A record as it is shown: text where it is text, cut where it is long. */
export interface TailRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly atMs: number | null
  readonly key: string | null
  readonly value: string | null
}
