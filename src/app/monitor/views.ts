import { OffsetMap } from '../../kafka/offsets.ts'
import { groupedByTopic } from '../../kafka/partitions.ts'
import type { Metadata } from '../../kafka/transport.ts'
import { formatAddress } from '../../settings/address.ts'
import type { BrokerView, PartitionView, ProcessView, Skew, TaskView, TopicView, WorkerView } from './model.ts'
import { snapshotOf, type Sample } from './monitor.ts'
import type { ProcessReport } from './report.ts'
import { trendOf, type LagPoint } from './trend.ts'
import type { WatchedWorker } from './watched.ts'
import { secondsBehind } from './worker-lags.ts'

/** A process of this machine that runs workers on the cluster, as it describes itself. */
export interface RunningProcess {
  readonly pid: number
  /** ISO-8601. */
  readonly startedAt: string
  readonly supervised: boolean
  /** Times that its supervisor has started it again. */
  readonly restarts: number
  readonly workers: readonly { readonly name: string }[]
  /** What it told last; undefined: nothing. */
  readonly report: ProcessReport | undefined
}

/** What one look has brought. */
export interface Look {
  readonly sample: Sample
  readonly processes: readonly RunningProcess[]
  /** ms since 1970. */
  readonly atMs: number
  /** How much of what is counted by reading is read, 0..1. */
  readonly read: number
}

/** What is counted by reading is not known before all of it is read, nor is a topic of which a partition cannot be asked. */
export function topicViews(
  before: Look | undefined,
  now: Look,
  names: readonly string[],
  counted: ReadonlySet<string>,
): TopicView[] {
  const figures = new Map(snapshotOf(before?.sample, now.sample).topics.map((each) => [each.topic, each]))
  const earlier = new Set(before?.sample.topics.map(({ topic }) => topic))
  const described = new Map(now.sample.cluster.topicMetadata.map((each) => [each.topic, each]))
  return names.flatMap((topic): TopicView[] => {
    const [figure, told] = [figures.get(topic), described.get(topic)]
    if (!told) return []
    const partitions = told.partitionMetadata
    const whole = !counted.has(topic) || now.read === 1
    const wasWhole = !counted.has(topic) || before?.read === 1
    return [
      {
        topic,
        partitions: partitions.length,
        records: whole ? (figure?.records ?? null) : null,
        perSecond: whole && wasWhole && earlier.has(topic) ? (figure?.perSecond ?? null) : null,
        leaderless: partitions.filter(({ leader }) => leader < 0).length,
        underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
      },
    ]
  })
}

export function brokerViews({ brokers, controllerId, topicMetadata }: Metadata): BrokerView[] {
  const leaders = topicMetadata.flatMap(({ partitionMetadata }) => partitionMetadata.map(({ leader }) => leader))
  return brokers
    .map(({ nodeId: id, ...at }) => ({
      id,
      address: formatAddress(at),
      controller: id === controllerId,
      leads: leaders.filter((leader) => leader === id).length,
    }))
    .sort((a, b) => a.id - b.id)
}

export interface Known {
  /** Lags of each worker over the last half minute. */
  readonly past: ReadonlyMap<string, readonly LagPoint[]>
  /** Restarts that were seen. */
  readonly restarts: { readonly of: (worker: string) => number }
  /** What each has processed a second, null where it is not known. */
  readonly rates: ReadonlyMap<string, number | null>
}

export function workerViews(look: Look, workers: readonly WatchedWorker[], known: Known): WorkerView[] {
  const groups = new Map(look.sample.workers.map((each) => [each.worker, each]))
  const leaderOf = leadersIn(look.sample.cluster)
  return workers.flatMap(({ name: worker, inputs, output, custom }): WorkerView[] => {
    const group = groups.get(worker)
    if (!group) return []
    const partitions = partitionViews(look, worker, leaderOf)
    const own = look.processes.filter((entry) => entry.workers.some(({ name }) => name === worker))
    const processes = own.map((entry) => processView(entry, known.restarts.of(worker)))
    const unasked = partitions.filter(({ lag }) => lag === null).length
    // of topics that are not there nothing is known
    const isAgeUnknown = partitions.length === 0 || partitions.some(({ lagSeconds }) => lagSeconds === null)
    return [
      {
        ...{ worker, inputs, output, custom },
        running: group.members > 0,
        state: group.state,
        members: group.members,
        lag: group.lag,
        unknownPartitions: unasked,
        lagSeconds: isAgeUnknown ? null : Math.max(0, ...partitions.map(({ lagSeconds }) => lagSeconds ?? 0)),
        undecided: group.undecided,
        ...trendOf(known.past.get(worker) ?? []),
        perSecond: known.rates.get(worker) ?? null,
        skew: skewOf(partitions),
        partitions,
        processes,
        tasks: tasksOf(worker, own),
        restarts: processes.length === 0 ? null : Math.max(...processes.map(({ restarts }) => restarts)),
      },
    ]
  })
}

function leadersIn({ topicMetadata }: Metadata): ReadonlyMap<string, number | null> {
  return new Map(
    topicMetadata.flatMap(
      ({ topic, partitionMetadata }) =>
      partitionMetadata.map(({ partitionId, leader }) => [OffsetMap.keyOf(topic, partitionId), leader < 0 ? null : leader]), // prettier-ignore
    ),
  )
}

function partitionViews(
  { sample, atMs }: Look,
  worker: string,
  leaderOf: ReadonlyMap<string, number | null>,
): PartitionView[] {
  const leader = (topic: string, partition: number) => leaderOf.get(OffsetMap.keyOf(topic, partition)) ?? null
  const asked = sample.lags
    .filter((lag) => lag.worker === worker)
    .map((at): PartitionView => {
      const { topic, partition, lag, committed, end } = at
      const lagSeconds = rounded(secondsBehind(at, atMs) ?? null)
      return { topic, partition, lag, lagSeconds, committed, end, leader: leader(topic, partition) }
    })
  const unasked = sample.unknown
    .filter((at) => at.worker === worker)
    .map(({ topic, partition }): PartitionView => {
      return { topic, partition, lag: null, lagSeconds: null, committed: null, end: null, leader: leader(topic, partition) } // prettier-ignore
    })
  return [...asked, ...unasked]
}

function processView({ pid, startedAt, supervised, restarts, report }: RunningProcess, seen: number): ProcessView {
  const startedMs = Date.parse(startedAt)
  return { pid, supervised, startedMs, restarts: Math.max(restarts, seen), reportedMs: report?.atMs ?? null }
}

const tasksOf = (worker: string, processes: readonly RunningProcess[]): TaskView[] =>
  processes
    .flatMap(({ pid, report }) => {
      const told = report?.workers.find((each) => each.worker === worker)
      return (told?.tasks ?? []).map(({ partition, phase, restoreLeft = null }) => ({ partition, phase, pid, restoreLeft })) // prettier-ignore
    })
    .sort((a, b) => a.partition - b.partition)

/** Fewer records than these in a partition say nothing of how they are spread. */
const SPREAD_RECORDS = 20

/** Of one topic: two inputs of a worker are not alike. */
export function skewOf(partitions: readonly PartitionView[]): Skew | null {
  const topics = groupedByTopic(partitions, (each) => each)
  const found = [...topics.values()].flatMap((all): (Skew & { lag: number })[] => {
    const total = all.reduce((sum, { lag }) => sum + (lag ?? 0), 0)
    const most = all.toSorted((a, b) => (b.lag ?? 0) - (a.lag ?? 0))[0]
    if (!most || all.length < 2 || total < SPREAD_RECORDS * all.length || all.some(({ lag }) => lag === null)) return []
    const { topic, partition, lag } = most
    return [{ topic, partition, share: (lag ?? 0) / total, even: 1 / all.length, lag: lag ?? 0 }]
  })
  const [worst] = found.sort((a, b) => b.lag - a.lag)
  return worst ? { topic: worst.topic, partition: worst.partition, share: worst.share, even: worst.even } : null
}

/** What a worker has taken of its inputs: what came to them, less what its lag has grown by. Of two inputs, both. Where nobody counts its inputs, by how far its group has moved. */
export function processedPerSecond(
  before: Look | undefined,
  now: Look,
  workers: readonly WatchedWorker[],
  topics: readonly TopicView[],
): Map<string, number | null> {
  const came = new Map(topics.map(({ topic, perSecond }) => [topic, perSecond]))
  const seconds = before ? (now.sample.atMs - before.sample.atMs) / 1000 : 0
  const lagOf = (look: Look | undefined, worker: string): number | undefined =>
    look?.sample.workers.find((each) => each.worker === worker)?.lag
  return new Map(
    workers.map(({ name, inputs, custom }) => {
      const rates = inputs.map((input) => came.get(input) ?? null)
      const [old, present] = [lagOf(before, name), lagOf(now, name)]
      if (seconds <= 0 || old === undefined || present === undefined) return [name, null]
      if (custom) return [name, movedBy(before, now, name) / seconds]
      let sum = 0
      for (const rate of rates) {
        if (rate === null) return [name, null]
        sum += rate
      }
      return [name, Math.max(0, sum - (present - old) / seconds)]
    }),
  )
}

/** Offsets of partitions in which it had one already. */
function movedBy(before: Look | undefined, now: Look, worker: string): number {
  const of = ({ sample }: Look): Map<string, number> =>
    new Map(sample.lags.flatMap((at) => (at.worker === worker && at.committed !== null ? [[OffsetMap.keyOf(at.topic, at.partition), at.committed]] : []))) // prettier-ignore
  const earlier = before ? of(before) : new Map<string, number>()
  return [...of(now)].reduce((sum, [at, offset]) => sum + Math.max(0, offset - (earlier.get(at) ?? offset)), 0)
}

const rounded = (figure: number | null): number | null => (figure === null ? null : Math.round(figure * 10) / 10)
