import type { Client } from '../../kafka/client.ts'
import type { AskedBroker } from '../../kafka/transport.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import type { WorkerEvent } from '../../runtime/events.ts'
import { isLive, isReady, type RunnerHealth } from '../../runtime/health.ts'
import { OnDemand } from '../monitor/on-demand.ts'
import { Figures } from './figures.ts'
import { EventFigures } from './from-events.ts'
import { lagsOfWorkers, showLags } from './lag.ts'
import { lookOf, type Look, type Observed } from './observed.ts'
import type { ToldFigures } from './told.ts'
import { showVersion } from './version.ts'

/** Lag is asked for this often at most, however often somebody scrapes. */
export const LAG_INTERVAL_MS = 5_000

/** Requests that a broker answers late on purpose: how long they take says nothing of it. */
const waiting = new Set(['Fetch', 'JoinGroup', 'SyncGroup'])

export interface WorkerMetricsOptions {
  readonly workers: readonly AnyWorker[]
  readonly sessionTimeoutMs: number
  readonly connect: () => Client
  /** Shows what audits have found. */
  readonly showAudits?: (figures: Figures) => void
  readonly lagIntervalMs?: number
  /** How long a lag that was heard counts. */
  readonly lagFreshMs?: number
}

/** What the workers of this process count, and how they are. */
export class WorkerMetrics {
  readonly figures = new Figures()
  readonly #events: EventFigures
  readonly #workers: readonly AnyWorker[]
  readonly #sessionTimeoutMs: number
  readonly #connect: () => Client
  readonly #lagIntervalMs: number
  readonly #lagFreshMs: number | undefined
  readonly #showAudits: WorkerMetricsOptions['showAudits']
  #health: () => RunnerHealth[] = () => []
  #client: Client | undefined

  /** `connect`: a client to ask for lag with, when somebody wants to know. */
  constructor({
    workers,
    sessionTimeoutMs,
    connect,
    showAudits,
    lagIntervalMs = LAG_INTERVAL_MS,
    lagFreshMs,
  }: WorkerMetricsOptions) {
    this.#lagIntervalMs = lagIntervalMs
    this.#lagFreshMs = lagFreshMs
    this.#showAudits = showAudits
    this.#workers = workers
    this.#sessionTimeoutMs = sessionTimeoutMs
    this.#connect = connect
    this.#events = new EventFigures(this.figures, workers)
  }

  readonly onEvent = (event: WorkerEvent): void => this.#events.onEvent(event)

  readonly onRequest = (worker: string, { api, ms, ok, throttledMs }: AskedBroker): void => {
    if (throttledMs > 0) this.figures.add('payflow_throttled_seconds_total', { worker }, throttledMs / 1000)
    if (waiting.has(api)) return
    const result = ok ? 'ok' : 'failed'
    this.figures.observe('payflow_broker_request_duration_seconds', { worker, result }, ms / 1000)
  }

  readonly onRunning = (health: () => RunnerHealth[]): void => {
    this.#health = health
  }

  /** For the process that runs this one. */
  tell(): ToldFigures {
    this.#events.refresh()
    return { delta: this.figures.takeDelta(), health: this.#health() }
  }

  /** For who scrapes and probes this process. Nothing of it is loaded before. */
  async observed(): Promise<Observed> {
    const { exposition } = await import('./registry.ts')
    const lags = new OnDemand(() => lagsOfWorkers(this.#connected(), this.#owned()), this.#lagIntervalMs)
    showVersion(this.figures)
    const metrics = exposition(this.figures, async () => {
      this.#events.refresh()
      this.#showAudits?.(this.figures)
      showLags(this.figures, await lags.get(), this.#lagFreshMs)
    })
    return { metrics, live: () => this.#live(), ready: () => this.#ready() }
  }

  async close(): Promise<void> {
    await this.#client?.close()
  }

  #live(): Look {
    const silent = this.#health().filter((health) => !isLive(health, this.#sessionTimeoutMs))
    return lookOf(silent.map(({ worker, beatAgeMs = 0 }) => `${worker}: no heartbeat for ${Math.round(beatAgeMs / 1000)} s`)) // prettier-ignore
  }

  #ready(): Look {
    const health = this.#health()
    const missing = this.#workers.filter(({ name }) => !health.some(({ worker }) => worker === name))
    return lookOf([...missing.map(({ name }) => `${name}: starting`), ...health.filter((each) => !isReady(each)).map(unready)]) // prettier-ignore
  }

  #owned(): { worker: AnyWorker; partitions: number[] }[] {
    return this.#health().flatMap(({ worker, tasks }) => {
      const definition = this.#workers.find(({ name }) => name === worker)
      return definition ? [{ worker: definition, partitions: tasks.map(({ partition }) => partition) }] : []
    })
  }

  #connected(): Client {
    this.#client ??= this.#connect()
    return this.#client
  }
}

/** What keeps a worker from being ready, in words. */
export function unready({ worker, assigned, tasks }: RunnerHealth): string {
  if (!assigned) return `${worker}: waiting to be given its partitions`
  const waits = tasks.filter(({ phase }) => phase !== 'running')
  return `${worker}: ${waits.map(({ partition, phase }) => `partition ${partition} is ${phase}`).join(', ')}`
}
