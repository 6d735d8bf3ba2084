import type { BrokerView, Mark, TailRecord, TopicView, Verdict, WorkerView } from '../monitor/model.ts'

export type {
  Mark,
  PartitionView,
  ProcessView,
  TailRecord,
  TaskView,
  TopicView,
  Verdict,
  WorkerView,
} from '../monitor/model.ts'

/**
 * What the page is sent, as JSON. Only types, and none from elsewhere but what all views share: the browser's code shares this file.
 * Times are ms since 1970 of the server's clock; money is in whole cents. `null` is what is not known, which is not 0.
 */

export interface MoneyView {
  /** The sum of all users' newest running totals. */
  readonly revenueCents: number
  readonly orders: number
  readonly users: number
  /** Of payments, by what became of them. */
  readonly paid: Tally
  readonly declined: Tally
  readonly mismatched: Tally
  readonly unknown: Tally
  /** Committed in the last minute. */
  readonly revenuePerMinuteCents: number | null
}

export interface Tally {
  readonly count: number
  readonly cents: number
}

/** From the write of a payment to the write of its status, of those of the last minute whose partition is sampled. */
export interface LatencyView {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly count: number
}

export interface LettersView {
  readonly total: number
  readonly reasons: readonly { readonly worker: string; readonly reason: string; readonly count: number }[]
  /** Newest first. */
  readonly newest: readonly LetterView[]
}

export interface LetterView {
  readonly id: string
  readonly worker: string
  readonly reason: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly atMs: number
  /** The beginning of its value; null where it has none. */
  readonly value: string | null
  /** Where in `value` the field is that the reason blames. */
  readonly blamed: { readonly from: number; readonly to: number } | null
}

type AttentionKind = 'frequent-failures' | 'large-order' | 'amount-mismatch' | 'unknown-order' | 'dead-letter'

export interface AttentionItem {
  readonly kind: AttentionKind
  readonly atMs: number
  readonly text: string
  readonly orderId: string | null
}

export interface AuditView {
  readonly atMs: number
  readonly ok: boolean
  readonly workers: number
  readonly inputs: number
  readonly differences: number
  /** The first worker whose outputs are not what they must be. */
  readonly first: string | null
}

/** One look at everything, once a second. */
export interface Frame {
  readonly atMs: number
  /** When the brokers last answered; null: never yet. */
  readonly sampledMs: number | null
  /** What keeps the brokers from answering, as far as it is known. */
  readonly trouble: string | null
  readonly verdict: Verdict
  readonly topics: readonly TopicView[]
  readonly workers: readonly WorkerView[]
  readonly brokers: readonly BrokerView[]
  readonly money: MoneyView | null
  readonly latency: LatencyView | null
  readonly letters: LettersView | null
  /** Newest first. */
  readonly attention: readonly AttentionItem[]
  /** Marks that are new since the last frame. */
  readonly marks: readonly Mark[]
  readonly audit: AuditView | null
  /** How much of what the workers have written is read, 0..1: below 1 what is counted from it is not complete yet. */
  readonly read: number
}

/** One moment of the past. Series by name; null: not known. */
export interface Point {
  readonly atMs: number
  readonly values: Readonly<Record<string, number | null>>
}

/** The first message of a stream. */
export interface Hello {
  /** Changes with payflow and with its page: a page that was loaded from another one loads itself again. */
  readonly build: string
  readonly brokers: readonly string[]
  readonly history: readonly Point[]
  readonly marks: readonly Mark[]
  readonly frame: Frame
}

export interface Update {
  readonly frame: Frame
  readonly point: Point | null
}

export interface TailMessage {
  readonly records: readonly TailRecord[]
  /** Records and commit markers that went by in the same time, shown or not. */
  readonly passed: number
  /** At most so many of each partition are shown a second. */
  readonly perPartition: number
}

export interface Searched {
  readonly topic: string
  readonly partition: number
  /** How it was chosen. */
  readonly by: 'key' | 'all partitions'
  readonly records: number
  readonly found: number
  /** Whether it was searched to its beginning. */
  readonly complete: boolean
}

export interface OrderStep extends TailRecord {
  /** Who wrote it: a worker, or `producer`. */
  readonly writer: string
  /** Since the order's own record; null where that was not found. */
  readonly sinceOrderMs: number | null
}

export interface OrderView {
  readonly orderId: string
  readonly userId: number | null
  readonly steps: readonly OrderStep[]
  readonly searched: readonly Searched[]
  readonly ms: number
  /** The time for it was over before everything was searched. */
  readonly outOfTime: boolean
}
