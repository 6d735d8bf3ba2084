import { messageOf } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listGroups } from '../../kafka/groups.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { describeTopics, topicNames, type TopicDescription } from '../../kafka/topics.ts'
import { DEAD_LETTERS, groupOf, inboxTopic } from '../../pipeline/events/topics.ts'
import { outputNames, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { RecordCounter } from './record-counter.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { lagsOf, topicsReadBy, type WorkerLag } from './worker-lags.ts'

/** What the cluster said at one moment. */
export interface Sample {
  /** Of a clock that only goes forward. */
  readonly atMs: number
  readonly topics: readonly { topic: string; records: number }[]
  /** `undecided`: records of their inputs that wait behind a transaction that somebody has not ended, and those after them. */
  readonly workers: readonly { worker: string; lag: number; undecided: number; state: string; members: number }[]
  readonly lags: readonly WorkerLag[]
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
  /** Count what the topics hold already, or only what comes from the first sample on. */
  readonly from: 'start' | 'now'
  /** Lags tell how old they are. */
  readonly ages?: boolean
  /** Topics that do not exist are left out; otherwise the sample fails. */
  readonly skipMissing?: boolean
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
    const { topics: names, workers } = this.#options
    const inputs = workers.flatMap((worker) => Object.values(worker.inputs).map(({ name }) => name))
    const inboxes = new Set(workers.map(({ name }) => inboxTopic(name)))
    const existing = await topicNames(this.#client)
    const wanted = new Set([...names, ...inputs, ...existing.filter((topic) => inboxes.has(topic))])
    const there = new Set(existing)
    const known = this.#options.skipMissing ? [...wanted].filter((topic) => there.has(topic)) : [...wanted]
    const described = await describeTopics(this.#client, known)
    const [topics, figures] = await Promise.all([
      this.#records(described.filter(({ topic }) => names.includes(topic))),
      this.#workers(described),
    ])
    const order = new Map(names.map((name, i) => [name, i]))
    topics.sort((a, b) => order.get(a.topic)! - order.get(b.topic)!)
    return { atMs: performance.now(), topics, ...figures }
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

  async #workers(topics: readonly TopicDescription[]): Promise<Pick<Sample, 'workers' | 'lags'>> {
    const own = new Set(this.#options.workers.map(({ name }) => groupOf(name)))
    const listed = await listGroups(this.#client, (group) => own.has(group))
    const groups = new Map(listed.map((info) => [info.group, info]))
    const { behind, lags } = await this.#behind(topics)
    const workers = this.#options.workers.map(({ name }) => {
      const { state = 'Dead', members } = groups.get(groupOf(name)) ?? {}
      return { worker: name, ...behind.get(name)!, state, members: members ?? 0 }
    })
    return { workers, lags }
  }

  /** By worker. */
  async #behind(topics: readonly TopicDescription[]): Promise<{ behind: Map<string, Behind>; lags: WorkerLag[] }> {
    const read = this.#options.workers.map((worker) => {
      const names = new Set(topicsReadBy(worker))
      return { worker: worker.name, partitions: topics.filter(({ topic }) => names.has(topic)).flatMap(partitionsOf) }
    })
    // Asked before the last stable offsets are: what is written in between does not count as undecided.
    const latest = await listOffsets(this.#client.shared, read.flatMap(({ partitions }) => partitions), 'latest') // prettier-ignore
    const lags = await lagsOf(this.#client, read, { ages: this.#options.ages ?? false })
    const behind = new Map(read.map(({ worker }) => [worker, { lag: 0, undecided: 0 }]))
    for (const { worker, topic, partition, end, lag } of lags) {
      const of = behind.get(worker)!
      of.lag += lag
      of.undecided += Math.max(0, (latest.of(topic, partition) ?? 0) - end)
    }
    return { behind, lags }
  }
}

type Behind = Pick<Sample['workers'][number], 'lag' | 'undecided'>

const partitionsOf = ({ topic, partitions }: TopicDescription): TopicPartition[] =>
  partitions.map(({ partition }) => ({ topic, partition }))

const sizeOf = ({ partitions }: TopicDescription, from: MonitorOptions['from']): number =>
  partitions.reduce((sum, { start, end }) => sum + end - (from === 'start' ? start : 0), 0)
