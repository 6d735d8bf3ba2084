import type { Log } from '../../log.ts'
import { publicTopics } from '../../pipeline/events/topics.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Client } from '../../kafka/client.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { TailRecord } from '../monitor/model.ts'
import type { Judgement } from '../monitor/verdict.ts'
import { snapshotOf, type Sample } from '../monitor/monitor.ts'
import { Observer, type Overview } from '../monitor/observer.ts'
import { shownOf, type Shown } from '../overview/follow.ts'
import { newestRecords } from '../overview/newest.ts'
import { processesOn } from '../workers/running.ts'
import type { WorkerProcess } from '../workers/supervisor.ts'
import type { Live } from './live.ts'

const topics = publicTopics.map(({ name }) => name)
/** Samples that come faster, while a run waits for its end, would make rates of next to nothing. */
const LEAST_MS = 900
const INTERVAL_MS = 1_000

interface Around {
  /** They reach the brokers once those run. */
  readonly settings: () => Settings
  readonly client: () => Client
  readonly log: Log
}

/** Makes of the samples of a run what `top` shows of a cluster, with what its supervisor knows of the processes. */
export class RunObserver {
  readonly #around: Around
  readonly #observer = new Observer({ workers: defaultWorkers, topics })
  #sample: Sample | undefined
  #shown: Shown | undefined

  constructor(around: Around) {
    this.#around = around
  }

  /** The newest records of a partition, newest first. @throws what a broker answered */
  newest(at: TopicPartition, count: number): Promise<TailRecord[]> {
    return newestRecords(this.#around.client(), at, count)
  }

  live(sample: Sample, before: Sample | undefined, known: Omit<Live, 'snapshot' | 'shown'>): Live {
    return { ...known, snapshot: snapshotOf(before, sample), shown: this.#look(sample, known.processes) }
  }

  #look(sample: Sample, processes: readonly WorkerProcess[]): Shown {
    const overview = this.#overviewOf(sample)
    const standing = { overview, trouble: null, nowMs: Date.now(), intervalMs: INTERVAL_MS }
    const shown = shownOf(standing, topics, this.#shown?.verdict)
    const down = shown.silentSeconds === 0 ? downOf(processes) : undefined
    this.#shown = down ? { ...shown, verdict: { ...shown.verdict, ...down } } : shown
    return this.#shown
  }

  #overviewOf(sample: Sample): Overview {
    const known = this.#shown?.overview
    if (known && (sample === this.#sample || sample.atMs - this.#sample!.atMs < LEAST_MS)) return known
    this.#sample = sample
    const processes = processesOn(this.#around.settings(), this.#around.log)
    const atMs = Date.now() - (performance.now() - sample.atMs)
    return this.#observer.take({ sample, processes, atMs, read: 1 })
  }
}

/** A process that is down is the worst that a supervisor knows; its group may not have noticed yet. */
function downOf(processes: readonly WorkerProcess[]): Judgement | undefined {
  const down = processes.filter(({ state }) => state !== 'running')
  if (down.length === 0) return undefined
  const text = down.map(({ worker, state }) => `${worker} ${state}`).join(', ')
  return { level: 'bad', text, command: `payflow why ${down[0]!.worker}` }
}
