import { OffsetMap } from '../../kafka/offsets.ts'
import type { Metadata } from '../../kafka/transport.ts'
import { formatAddress } from '../../settings/address.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { snapshotOf, type Sample } from '../monitor/monitor.ts'
import { trendOf, type LagPoint } from '../monitor/trend.ts'
import { secondsBehind } from '../monitor/worker-lags.ts'
import type { WorkerEntry } from '../workers/process-registry.ts'
import type { Restarts } from './changes.ts'
import type { BrokerView, PartitionView, Point, TopicView, WorkerView } from './model.ts'

/** What one look has brought. */
export interface Look {
  readonly sample: Sample
  readonly metadata: Metadata
  readonly processes: readonly WorkerEntry[]
  /** ms since 1970. */
  readonly atMs: number
  /** How much of what is counted by reading is read, 0..1. */
  readonly read: number
}

/** What is counted by reading is not known before all of it is read. */
export function topicViews(
  before: Look | undefined,
  now: Look,
  names: readonly string[],
  counted: ReadonlySet<string>,
): TopicView[] {
  const figures = new Map(snapshotOf(before?.sample, now.sample).topics.map((each) => [each.topic, each]))
  const described = new Map(now.metadata.topicMetadata.map((each) => [each.topic, each]))
  return names.flatMap((topic): TopicView[] => {
    const [figure, told] = [figures.get(topic), described.get(topic)]
    if (!figure || !told) return []
    const partitions = told.partitionMetadata
    const whole = !counted.has(topic) || now.read === 1
    const measured = before !== undefined && (whole ? !counted.has(topic) || before.read === 1 : false)
    return [
      {
        topic,
        partitions: partitions.length,
        records: whole ? figure.records : null,
        perSecond: measured ? figure.perSecond : null,
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

/** `past`: lags of each worker over the last half minute. `passed`: what each has processed a second, null where it is not known. */
export function workerViews(
  { sample, metadata, processes, atMs }: Look,
  workers: readonly AnyWorker[],
  { past, restarts, rates }: { past: ReadonlyMap<string, readonly LagPoint[]>; restarts: Restarts; rates: ReadonlyMap<string, number | null> }, // prettier-ignore
): WorkerView[] {
  const groups = new Map(sample.workers.map((each) => [each.worker, each]))
  const leaderOf = new Map(
    metadata.topicMetadata.flatMap(({ topic, partitionMetadata }) =>
      partitionMetadata.map(({ partitionId, leader }) => [
        OffsetMap.keyOf(topic, partitionId),
        leader < 0 ? null : leader,
      ]),
    ),
  )
  return workers.flatMap(({ name: worker, inputs, output }): WorkerView[] => {
    const group = groups.get(worker)
    if (!group) return []
    const partitions = sample.lags
      .filter((lag) => lag.worker === worker)
      .map((at): PartitionView => {
        const { topic, partition, lag } = at
        const lagSeconds = rounded(secondsBehind(at, atMs) ?? null)
        return { topic, partition, lag, lagSeconds, leader: leaderOf.get(OffsetMap.keyOf(topic, partition)) ?? null }
      })
    const own = processes.filter((entry) => entry.workers.some(({ name }) => name === worker))
    const unknown = partitions.some(({ lagSeconds }) => lagSeconds === null)
    return [
      {
        worker,
        inputs: Object.values(inputs).map(({ name }) => name),
        output: output.name,
        running: group.members > 0,
        state: group.state,
        members: group.members,
        lag: group.lag,
        lagSeconds: unknown ? null : Math.max(0, ...partitions.map(({ lagSeconds }) => lagSeconds ?? 0)),
        undecided: group.undecided,
        ...trendOf(past.get(worker) ?? []),
        perSecond: rates.get(worker) ?? null,
        partitions,
        processes: own.map(({ pid, startedAt, supervised }) => ({
          ...{ pid, supervised, startedMs: Date.parse(startedAt), restarts: restarts.of(worker) },
        })),
      },
    ]
  })
}

/** What a worker has taken of its inputs: what came to them, less what its lag has grown by. Of two inputs, both. */
export function processedPerSecond(
  before: Look | undefined,
  now: Look,
  workers: readonly AnyWorker[],
  topics: readonly TopicView[],
): Map<string, number | null> {
  const came = new Map(topics.map(({ topic, perSecond }) => [topic, perSecond]))
  const seconds = before ? (now.sample.atMs - before.sample.atMs) / 1000 : 0
  const lagOf = (look: Look | undefined, worker: string): number | undefined =>
    look?.sample.workers.find((each) => each.worker === worker)?.lag
  return new Map(
    workers.map(({ name, inputs }) => {
      const rates = Object.values(inputs).map((input) => came.get(input.name) ?? null)
      const [old, present] = [lagOf(before, name), lagOf(now, name)]
      if (seconds <= 0 || old === undefined || present === undefined) return [name, null]
      let sum = 0
      for (const rate of rates) {
        if (rate === null) return [name, null]
        sum += rate
      }
      return [name, Math.max(0, sum - (present - old) / seconds)]
    }),
  )
}

/** What the charts remember of a moment. */
export function pointOf(
  atMs: number,
  topics: readonly TopicView[],
  workers: readonly WorkerView[],
  latency: { readonly p50Ms: number; readonly p99Ms: number } | null,
): Point {
  return {
    atMs,
    values: {
      ...Object.fromEntries(topics.map(({ topic, perSecond }) => [`rate:${topic}`, rounded(perSecond)])),
      ...Object.fromEntries(workers.map(({ worker, lag }) => [`lag:${worker}`, lag])),
      ...Object.fromEntries(workers.map(({ worker, lagSeconds }) => [`seconds:${worker}`, lagSeconds])),
      'latency:p50': latency?.p50Ms ?? null,
      'latency:p99': latency?.p99Ms ?? null,
    },
  }
}

const rounded = (figure: number | null): number | null => (figure === null ? null : Math.round(figure * 10) / 10)
