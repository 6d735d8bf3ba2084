import { Client } from '../../kafka/client.ts'
import { retrying } from '../../kafka/retry.ts'
import type { Log } from '../../log.ts'
import { DEAD_LETTERS, publicTopics } from '../../pipeline/events/topics.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions } from '../cluster.ts'
import { Ledger } from '../monitor/ledger.ts'
import { Monitor } from '../monitor/monitor.ts'
import { Observer, type Overview } from '../monitor/observer.ts'
import { customsOf } from '../monitor/watched.ts'
import { processesOn } from '../workers/running.ts'

export interface ClusterWatchOptions {
  readonly log: Log
  /** Time of each look for counting what is written in transactions. */
  readonly countingMs: number
  /** The one worker that is looked for: of custom workers, no other is. */
  readonly only?: string
}

/** A broker that takes longer for an answer is away. */
const ANSWER_MS = 4_000
const PATIENCE_MS = 8_000

/** Topics that there should be. */
export const expectedTopics: readonly string[] = publicTopics.map(({ name }) => name)
const names = [...expectedTopics, DEAD_LETTERS]

/** Looks at a cluster, payflow's workers on it, and those of its processes that this machine knows. It changes nothing. */
export class ClusterWatch {
  readonly settings: Settings
  readonly client: Client
  readonly #log: Log
  readonly #ledger: Ledger
  readonly #monitor: Monitor
  readonly #observer = new Observer({ workers: defaultWorkers, topics: names })

  constructor(settings: Settings, { log, countingMs, only }: ClusterWatchOptions) {
    this.settings = settings
    this.#log = log
    this.client = new Client({ ...clientOptions(settings, 'payflow-watch', log), requestTimeoutMs: ANSWER_MS })
    this.#ledger = new Ledger(this.client, {}, countingMs)
    this.#monitor = new Monitor(this.client, {
      ...{ topics: names, workers: defaultWorkers, from: 'start', ages: true, skipMissing: true, partial: true },
      counter: this.#ledger,
      customs: customsOf(this.client, only),
    })
  }

  /** @throws what a broker answered, or that none does */
  async look(): Promise<Overview> {
    const sample = await this.#monitor.sample()
    const processes = processesOn(this.settings, this.#log)
    return this.#observer.take({ sample, processes, atMs: Date.now(), read: this.#ledger.read })
  }

  /** A look that is tried again for some seconds: a broker is fresh, or a topic is deleted meanwhile. @throws what was answered in the end */
  patientLook(): Promise<Overview> {
    return retrying(() => this.look(), { timeoutMs: PATIENCE_MS })
  }

  async close(): Promise<void> {
    await this.#ledger.close()
    await this.client.close()
  }
}
