import { messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listGroups } from '../../kafka/groups.ts'
import { OffsetMap } from '../../kafka/offsets.ts'
import { describeTopics, lookAtTopics, type TopicDescription } from '../../kafka/topics.ts'
import type { Metadata } from '../../kafka/transport.ts'
import { DEAD_LETTERS, groupOf, inboxTopic } from '../../pipeline/events/topics.ts'
import { outputNames, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { RecordCounter } from './record-counter.ts'
import type { LogPartition, TopicPartition } from '../../kafka/partitions.ts'
import { watchedOf, type WatchedWorker } from './watched.ts'
import { lagsOf, topicsReadBy, type WorkerLag } from './worker-lags.ts'

/** What the cluster said at one moment. */
export interface Sample {
  /** Of a clock that only goes forward. */
  readonly atMs: number
  readonly topics: readonly { topic: string; records: number }[]
  /** `undecided`: records of their inputs that wait behind a transaction that somebody has not ended, and those after them. */
  readonly workers: readonly { worker: string; lag: number; undecided: number; state: string; members: number }[]
  readonly lags: readonly WorkerLag[]
  /** Brokers, and the leaders and replicas of the topics that are watched. */
  readonly cluster: Metadata
  /** Those of `workers` that are custom. */
  readonly customs: readonly WatchedWorker[]
  /** Partitions that workers read and whose offsets cannot be had: nobody leads them, or their leader does not answer. Figures are without them. */
  readonly unknown: readonly (TopicPartition & { readonly worker: string })[]
}

interface TopicFigures {
  readonly topic: string
  readonly records: number
  readonly perSecond: number
}

export interface Snapshot {
  readonly topics: readonly TopicFigures[]
  readonly workers: Sample['workers']
}

/** Rates over the time that really passed. A topic with fewer records than before was re-created: that is not throughput. */
export function snapshotOf(before: Sample | undefined, now: Sample): Snapshot {
  const earlier = new Map(before?.topics.map(({ topic, records }) => [topic, records]))
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000
  return {
    topics: now.topics.map(({ topic, records }) => {
      const came = records - (earlier.get(topic) ?? records)
      return { topic, records, perSecond: seconds > 0 ? Math.max(0, came) / seconds : 0 }
    }),
    workers: now.workers,
  }
}

/** Nothing is left to read, nor will be when an open transaction ends, and nothing has come between two looks: no worker can still be feeding another. */
export function isDrained(before: Sample | undefined, now: Sample): boolean {
  const counts = (sample: Sample): string => sample.topics.map(({ topic, records }) => `${topic} ${records}`).join()
  const idle = ({ workers }: Sample): boolean => workers.every(({ lag, undecided }) => lag + undecided === 0)
  return before !== undefined && idle(before) && idle(now) && counts(before) === counts(now)
}

export interface MonitorOptions {
  readonly topics: readonly string[]
  readonly workers: readonly AnyWorker[]
  /** Others to watch, asked for before each sample. */
  readonly customs?: () => Promise<readonly WatchedWorker[]>
  /** Count what the topics hold already, or only what comes from the first sample on. */
  readonly from: 'start' | 'now'
  /** Lags tell how old they are. */
  readonly ages?: boolean
  /** Topics that do not exist are left out; otherwise the sample fails. */
  readonly skipMissing?: boolean
  /** Partitions that cannot be asked are left out, and named; otherwise the sample fails. */
  readonly partial?: boolean
  /** Counts what is written in transactions, in place of the monitor's own counter. */
  readonly counter?: Pick<RecordCounter, 'count'>
}

/** The one sampler of offsets: everything that shows figures shows its samples. */
export class Monitor {
  readonly #client: Client
  readonly #options: MonitorOptions
  readonly #counter: Pick<RecordCounter, 'count'>
  /** End offsets at the first sample, where counting begins then. */
  #base: Map<string, number> | undefined

  constructor(client: Client, options: MonitorOptions) {
    this.#client = client
    this.#options = options
    this.#counter = options.counter ?? new RecordCounter(client, options.from === 'start' ? 'earliest' : 'stable')
  }

  /** @throws what a broker answered; it is in the log then: who waits for samples goes on without one */
  async sample(): Promise<Sample> {
    try {
      return await this.#sample()
    } catch (error) {
      this.#client.options.log?.('debug', 'sample-failed', { error: messageOf(error) })
      throw error
    }
  }

  async #sample(): Promise<Sample> {
    const { topics: names } = this.#options
    const customs = (await this.#options.customs?.()) ?? []
    const workers = [...this.#options.workers.map(watchedOf), ...customs]
    const inputs = this.#options.workers.flatMap((worker) => watchedOf(worker).inputs)
    const optional = new Set(customs.flatMap((worker) => worker.inputs))
    const inboxes = new Set(workers.map(({ name }) => inboxTopic(name)))
    const cluster = await this.#client.shared.metadata('all')
    const existing = cluster.topicMetadata.filter(({ topicErrorCode }) => !notShown.has(topicErrorCode)).map(({ topic }) => topic) // prettier-ignore
    const wanted = new Set([
      ...names,
      ...inputs,
      ...existing.filter((topic) => inboxes.has(topic) || optional.has(topic)),
    ])
    const there = new Set(existing)
    const known = this.#options.skipMissing ? [...wanted].filter((topic) => there.has(topic)) : [...wanted]
    const { described, unknown } = await this.#described(known, cluster)
    const whole = described.filter(({ topic }) => names.includes(topic) && !unknown.some((at) => at.topic === topic))
    const [topics, figures] = await Promise.all([this.#records(whole), this.#workers(workers, described, unknown)])
    const order = new Map(names.map((name, i) => [name, i]))
    topics.sort((a, b) => order.get(a.topic)! - order.get(b.topic)!)
    const watched = new Set(known)
    const topicMetadata = cluster.topicMetadata.filter(({ topic }) => watched.has(topic))
    return { atMs: performance.now(), topics, ...figures, customs, cluster: { ...cluster, topicMetadata } }
  }

  /** The partitions whose offsets are known, and the others. */
  async #described(
    names: readonly string[],
    { topicMetadata }: Metadata,
  ): Promise<{ described: TopicDescription[]; unknown: TopicPartition[] }> {
    if (!this.#options.partial) return { described: await describeTopics(this.#client, names), unknown: [] }
    const wanted = new Set(names)
    const heard = topicMetadata.filter(({ topic }) => wanted.has(topic))
    const looked = await lookAtTopics(this.#client, names, heard.length === wanted.size ? heard : undefined)
    const described = looked.map(({ topic, partitions }) => ({ topic, partitions: partitions.flatMap(isKnown) }))
    const unknown = looked.flatMap(({ topic, partitions }) =>
      partitions.filter(({ start }) => start === null).map(({ partition }) => ({ topic, partition })),
    )
    return { described, unknown }
  }

  /** Topics that workers write are counted by reading, because their offsets count commit markers too. */
  async #records(topics: readonly TopicDescription[]): Promise<{ topic: string; records: number }[]> {
    const outputs = new Set([...this.#options.workers.flatMap(outputNames), DEAD_LETTERS])
    const written = topics.filter(({ topic }) => outputs.has(topic))
    const counts = await this.#counter.count(written.flatMap(partitionsOf))
    const sizes = new Map(topics.map((topic) => [topic.topic, sizeOf(topic, this.#options.from)]))
    this.#base ??= this.#options.from === 'now' ? sizes : new Map<string, number>()
    const base = this.#base
    return topics.map(({ topic }) => ({
      topic,
      records: counts.get(topic) ?? sizes.get(topic)! - (base.get(topic) ?? 0),
    }))
  }

  async #workers(
    watched: readonly WatchedWorker[],
    topics: readonly TopicDescription[],
    unasked: readonly TopicPartition[],
  ): Promise<Pick<Sample, 'workers' | 'lags' | 'unknown'>> {
    const own = new Set(watched.map(({ name }) => groupOf(name)))
    const listed = await listGroups(this.#client, (group) => own.has(group))
    const groups = new Map(listed.map((info) => [info.group, info]))
    const { behind, lags, unknown } = await this.#behind(watched, topics, unasked)
    const workers = watched.map(({ name }) => {
      const { state = 'Dead', members } = groups.get(groupOf(name)) ?? {}
      return { worker: name, ...behind.get(name)!, state, members: members ?? 0 }
    })
    return { workers, lags, unknown }
  }

  /** By worker. */
  async #behind(
    watched: readonly WatchedWorker[],
    topics: readonly TopicDescription[],
    unasked: readonly TopicPartition[],
  ): Promise<{ behind: Map<string, Behind>; lags: WorkerLag[]; unknown: Sample['unknown'] }> {
    const read = watched.map((worker) => {
      const names = new Set(topicsReadBy(worker))
      return { worker: worker.name, partitions: topics.filter(({ topic }) => names.has(topic)).flatMap(partitionsOf) }
    })
    const unknown = watched.flatMap((worker) => {
      const names = new Set(topicsReadBy(worker))
      return unasked.filter(({ topic }) => names.has(topic)).map((at) => ({ ...at, worker: worker.name }))
    })
    const lags = await lagsOf(this.#client, read, { ages: this.#options.ages ?? false })
    const behind = new Map(read.map(({ worker }) => [worker, { lag: 0, undecided: 0 }]))
    // the ends were asked for before the last stable offsets: what is written in between does not count as undecided
    const ends = new OffsetMap(topics.flatMap(({ topic, partitions }) => partitions.map(({ partition, end }) => [OffsetMap.keyOf(topic, partition), end] as const))) // prettier-ignore
    for (const { worker, topic, partition, end, lag } of lags) {
      const of = behind.get(worker)!
      of.lag += lag
      of.undecided += Math.max(0, (ends.of(topic, partition) ?? 0) - end)
    }
    return { behind, lags, unknown }
  }
}

/** UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED */
const notShown = new Set([3, 29])

type Behind = Pick<Sample['workers'][number], 'lag' | 'undecided'>

const partitionsOf = ({ topic, partitions }: TopicDescription): LogPartition[] =>
  partitions.map(({ partition, start }) => ({ topic, partition, start }))

const sizeOf = ({ partitions }: TopicDescription, from: MonitorOptions['from']): number =>
  partitions.reduce((sum, { start, end }) => sum + end - (from === 'start' ? start : 0), 0)

function isKnown<Partition extends { start: number | null; end: number | null }>(
  partition: Partition,
): (Omit<Partition, 'start' | 'end'> & { start: number; end: number })[] {
  const { start, end } = partition
  return start === null || end === null ? [] : [{ ...partition, start, end }]
}
