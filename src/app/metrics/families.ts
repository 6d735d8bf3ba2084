/** What may stand in a label: each has a closed list of values, or as many as there are workers, topics and partitions. */
type Label = 'worker' | 'topic' | 'partition' | 'state' | 'result' | 'reason' | 'store' | 'version'

export interface Family {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly Label[]
  /** Upper bounds of a histogram, without the infinite one. */
  readonly buckets?: readonly number[]
}

/** Seconds; OpenTelemetry's, with finer ones below and longer ones above. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const
const records = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 150_000] as const

/**
 * Everything that `/metrics` shows beside Node's own, in base units. Names and labels are stable: boards and alert rules depend on them.
 * Where something comes from is in `from-events.ts`, `lag.ts` and `all-metrics.ts`.
 */
export const families = {
  payflow_build_info: {
    type: 'gauge',
    help: 'Always 1; the version of payflow',
    labels: ['version'],
  },
  payflow_consumer_lag_records: {
    type: 'gauge',
    help: "Records that the worker's group has still to commit, as a read-committed reader sees them: no commit markers, no aborted ones (offsets above 2000 of them)",
    labels: ['worker', 'topic', 'partition'],
  },
  payflow_consumer_lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest record that the group has still to commit; 0 without lag',
    labels: ['worker', 'topic', 'partition'],
  },
  payflow_records_consumed_total: {
    type: 'counter',
    help: 'Input records of committed transactions',
    labels: ['worker', 'topic'],
  },
  payflow_records_produced_total: {
    type: 'counter',
    help: 'Records that committed transactions have written, without state',
    labels: ['worker', 'topic'],
  },
  payflow_record_e2e_latency_seconds: {
    type: 'histogram',
    help: "From when a record was written until its results were committed: of the first record of each partition's part of a transaction, which waited longest",
    labels: ['worker'],
    buckets: seconds,
  },
  payflow_process_duration_seconds: {
    type: 'histogram',
    help: "What the records of one partition's part of a transaction took to process",
    labels: ['worker'],
    buckets: seconds,
  },
  payflow_transactions_total: {
    type: 'counter',
    help: 'Transactions by how they ended: committed, aborted, fenced, unknown',
    labels: ['worker', 'result'],
  },
  payflow_transaction_duration_seconds: {
    type: 'histogram',
    help: 'From the first write of a transaction until it had ended',
    labels: ['worker', 'result'],
    buckets: seconds,
  },
  payflow_transaction_records: {
    type: 'histogram',
    help: 'Input records of a committed transaction',
    labels: ['worker'],
    buckets: records,
  },
  payflow_dead_letters_total: {
    type: 'counter',
    help: 'Records that became dead letters, by why',
    labels: ['worker', 'reason'],
  },
  payflow_strays_total: {
    type: 'counter',
    help: "Records that were handed on to the partition of their key, through the worker's inbox",
    labels: ['worker'],
  },
  payflow_late_records_total: {
    type: 'counter',
    help: 'Records that came too late to count',
    labels: ['worker'],
  },
  payflow_tasks: {
    type: 'gauge',
    help: 'Partitions of this process by the phase of their task',
    labels: ['worker', 'state'],
  },
  payflow_task_restarts_total: {
    type: 'counter',
    help: 'Tasks that began again after an error, by why: fenced, undone, connection, broker',
    labels: ['worker', 'reason'],
  },
  payflow_rebalances_total: {
    type: 'counter',
    help: 'Assignments that the group has given this process',
    labels: ['worker'],
  },
  payflow_rebalance_duration_seconds: {
    type: 'histogram',
    help: 'From asking to join the group until partitions were assigned',
    labels: ['worker'],
    buckets: seconds,
  },
  payflow_restore_records_total: {
    type: 'counter',
    help: 'Offsets of the changelog that were read to restore state',
    labels: ['worker'],
  },
  payflow_restore_remaining_records: {
    type: 'gauge',
    help: 'Offsets of the changelog that are still to be read',
    labels: ['worker', 'partition'],
  },
  payflow_state_keys: {
    type: 'gauge',
    help: 'Keys that have state, by where it is kept: memory or disk',
    labels: ['worker', 'partition', 'store'],
  },
  payflow_state_bytes: {
    type: 'gauge',
    help: 'About the size of the state as it is in the changelog: keys by the average size of those written or restored; by where it is kept',
    labels: ['worker', 'partition', 'store'],
  },
  payflow_worker_restarts_total: {
    type: 'counter',
    help: 'Worker processes that ended unasked and were started again',
    labels: ['worker'],
  },
  payflow_stalls_total: {
    type: 'counter',
    help: 'How often the watchdog found that something with work had made no progress for 30 s',
    labels: ['worker'],
  },
  payflow_open_transaction_age_seconds: {
    type: 'gauge',
    help: 'Age of the open transaction that records of an input wait behind; absent while none do',
    labels: ['worker', 'topic', 'partition'],
  },
  payflow_audit_ok: {
    type: 'gauge',
    help: 'Whether the last `payflow audit` of this home and cluster found no difference (1) or one (0)',
    labels: ['worker'],
  },
  payflow_audit_last_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When that audit ended',
    labels: ['worker'],
  },
  payflow_broker_request_duration_seconds: {
    type: 'histogram',
    help: 'What brokers took to answer, without requests that wait on purpose (Fetch, JoinGroup, SyncGroup); result: ok or failed',
    labels: ['worker', 'result'],
    buckets: seconds,
  },
  payflow_throttled_seconds_total: {
    type: 'counter',
    help: 'How long brokers have made the worker wait because a quota was used up',
    labels: ['worker'],
  },
  payflow_orders_total: {
    type: 'counter',
    help: 'What became of payments, as process-payments has said: state is the status in order_status',
    labels: ['worker', 'state'],
  },
  payflow_revenue_cents_total: {
    type: 'counter',
    help: 'Totals of the orders that aggregated-revenue has added up, in cents',
    labels: ['worker'],
  },
} as const satisfies Record<string, Family>

type Families = typeof families
export type FamilyName = keyof Families
type NameOf<Type extends Family['type']> = {
  [Name in FamilyName]: Families[Name]['type'] extends Type ? Name : never
}[FamilyName]
export type CounterName = NameOf<'counter'>
export type GaugeName = NameOf<'gauge'>
export type HistogramName = NameOf<'histogram'>
export type LabelsOf<Name extends FamilyName> = Readonly<Record<Families[Name]['labels'][number], string | number>>

export const familyNames = Object.keys(families) as FamilyName[]
export const familyOf = (name: FamilyName): Family => families[name]
export const isFamily = (name: string): name is FamilyName => Object.hasOwn(families, name)
