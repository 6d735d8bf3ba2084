import { Client } from '../../kafka/client.ts'
import type { WorkerSummary } from '../../runtime/run-workers.ts'
import type { Settings } from '../../settings/resolve.ts'
import { keepsTopics, type AllOptions, type Surroundings } from './options.ts'
import { summarize, type AllSummary } from './summary.ts'
import type { Chaos, ChaosEvent } from '../chaos/chaos.ts'
import { beginChaos } from '../chaos/run.ts'
import { clientOptions, type Report } from '../cluster.ts'
import { applyIfThere, freeTopics } from '../ksql/flow.ts'
import type { Live } from './live.ts'
import { AllMetrics } from '../metrics/all-metrics.ts'
import type { Observed } from '../metrics/observed.ts'
import { Monitor, type Sample } from '../monitor/monitor.ts'
import { RunObserver } from './run-observer.ts'
import { kinds } from '../../pipeline/sources/source.ts'
import { flowOf, produceAll, type Flow, type Produced, type ProducerProgress } from '../producers.ts' // prettier-ignore
import { supervise } from '../workers/supervise.ts'
import type { Supervisor } from '../workers/supervisor.ts'
import { applyReset, createMissing, layoutOf, planReset, readState } from '../topics/topics.ts'
import { untilDrained } from '../monitor/until-drained.ts'
import { pause } from '../../pause.ts'
import { RunInfra } from './infra.ts'
import { Phases, secondsSince } from './phases.ts'
import { Sampler } from '../monitor/sampler.ts'
import { publicTopics } from '../../pipeline/events/topics.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'

const WORKERS_TIMEOUT_MS = 60_000
const FIRST_LOOK_MS = 200
const CHECK_MS = 1_000
const outputs = new Set(defaultWorkers.map(({ output }) => output.name))

/** One run of everything, phase by phase: brokers, topics, workers, producers. `stop` ends what this run started. */
export class AllRun {
  readonly flow: Flow
  readonly observer: RunObserver
  readonly #options: AllOptions
  readonly #infra: RunInfra
  readonly #startedMs = performance.now()
  readonly #phases = new Phases()
  readonly #producers = new Map<string, ProducerProgress>()
  #settings: Settings
  #client: Client | undefined
  readonly #around: Surroundings
  readonly #metrics: AllMetrics | undefined
  #supervisor: Supervisor | undefined
  #sampler: Sampler | undefined
  #producing: Promise<Produced[]> | undefined
  #chaos: Chaos | undefined
  #flowingMs = 0
  #flowSeconds = 0
  #stopped: Promise<void> | undefined

  constructor(settings: Settings, options: AllOptions, around: Surroundings) {
    this.#metrics = settings.http === undefined ? undefined : new AllMetrics(defaultWorkers.map(({ name }) => name))
    this.#around = around
    this.#settings = settings
    this.#options = options
    this.#infra = new RunInfra(around.env, { ksql: options.ksql, keep: options.keepInfra, log: around.log })
    this.flow = flowOf(options)
    this.observer = new RunObserver({ settings: () => this.#settings, client: () => this.#client!, log: around.log })
  }

  /** They reach the brokers once those run. */
  get settings(): Settings {
    return this.#settings
  }

  /** What there is to watch of it; to be asked for only where settings name an address for it. */
  observed(): Promise<Observed> {
    return this.#metrics!.observed(() => this.#supervisor?.list() ?? [], () => this.#sampler?.lags, () => this.#settings) // prettier-ignore
  }

  async brokers(report: Report): Promise<string> {
    return this.#phase('brokers', async () => {
      const { settings, outcome, ...start } = await this.#infra.up(this.#settings, report, this.#around.signal)
      this.#settings = settings
      this.#phases.start = { outcome, ...start }
      return outcome
    })
  }

  async topics(report: Report): Promise<string> {
    return this.#phase('topics', async () => {
      this.#startWorkers()
      const client = (this.#client = new Client(clientOptions(this.#settings, 'payflow-all', this.#around.log)))
      const layout = await layoutOf(this.#settings)
      if (keepsTopics(this.#settings, this.#options)) {
        const { created, existing } = await createMissing(client, layout, this.#around.signal)
        const why = this.#options.keepData ? '' : ' (nothing is deleted on your own cluster without --reset)'
        return `${existing.length} kept, ${created.length} created${why}`
      }
      await freeTopics(this.#settings, client, this.#options, this.#hooks(report))
      const plan = planReset(await readState(client), layout)
      const patienceMs = this.#settings.sessionTimeoutMs + 4_000
      const { created, deleted } = await applyReset(client, plan, { patienceMs, signal: this.#around.signal }, report)
      return `${deleted.length} deleted, ${created.length} created, ${layout.partitions} partitions each`
    })
  }

  async workers(report: Report): Promise<string> {
    return this.#phase('workers', async () => {
      const topics = publicTopics.map(({ name }) => name)
      const ages = this.#metrics !== undefined || this.#around.watched === true
      const monitor = new Monitor(this.#client!, { topics, workers: defaultWorkers, from: 'now', ages })
      this.#sampler = new Sampler(monitor, this.#around.signal)
      // Before anything flows: what is counted from here on came in this run.
      await this.#sampler.first(WORKERS_TIMEOUT_MS)
      const supervisor = this.#supervisor!
      supervisor.release()
      report(`${defaultWorkers.length} processes started, waiting for their partitions`)
      await supervisor.ready(WORKERS_TIMEOUT_MS, this.#around.signal)
      return `${defaultWorkers.length} processes${this.#around.logs ? `, their logs in ${this.#around.logs.directory}` : ''}`
    })
  }

  /** Applies the SQL statements where there is a ksqlDB. */
  async ksql(report: Report): Promise<string> {
    return this.#phase('ksql', () => applyIfThere(this.#settings, this.#options, this.#hooks(report)))
  }

  produce(): string {
    const { rateOf, seed } = this.flow
    this.#flowingMs = performance.now()
    const { log, signal, tracing } = this.#around
    const onProgress = (progress: ProducerProgress): void => void this.#producers.set(progress.kind, progress)
    this.#producing = produceAll(this.#settings, this.flow, kinds, { log, signal, onProgress, tracing })
    this.#producing.catch(() => undefined) // `watch` waits for it and throws what it threw
    const perSecond = (kind: (typeof kinds)[number]): string => {
      const rate = rateOf(kind)
      return rate === 'max' ? 'as fast as it goes' : `${rate}/s`
    }
    return `${kinds.map((kind) => `${kind} ${perSecond(kind)}`).join(', ')}, seed ${seed}`
  }

  /** Breaks things until the producers are done. */
  async injectFaults(onEvent: (event: ChaosEvent) => void): Promise<string> {
    const surroundings = { env: this.#around.env, cwd: this.#around.cwd, log: this.#around.log }
    this.#chaos = await beginChaos(this.#settings, surroundings, this.flow.seed, {
      signal: this.#around.signal,
      onEvent,
    })
    return `faults of seed ${this.flow.seed}`
  }

  /** Shows the run, every `intervalMs`, until the producers are done or the signal is aborted. @throws what ended a producer or a worker for good */
  async watch(intervalMs: number, show: (live: Live) => void): Promise<void> {
    const state = { done: false }
    const finished = this.#producing!.finally(() => {
      state.done = true
      this.#flowSeconds = secondsSince(this.#flowingMs)
    })
    finished.catch(() => undefined)
    let lookAtMs = 0
    while (!state.done && !this.#around.signal.aborted) {
      this.#supervisor!.check()
      if (performance.now() >= lookAtMs) {
        await this.#sampler!.look(intervalMs, (now, before) => show(this.#live(now, before)))
        lookAtMs = performance.now() + ('firstDerivedRecord' in this.#phases.seconds ? intervalMs : Math.min(FIRST_LOOK_MS, intervalMs)) // prettier-ignore
      }
      const pauseMs = Math.max(0, Math.min(lookAtMs - performance.now(), CHECK_MS))
      await Promise.race([finished, pause(pauseMs, this.#around.signal)])
    }
    await finished
  }

  /** Lets the workers catch up (unless the run was interrupted) and sums up the run. */
  async finish(
    show: (live: Live) => void,
  ): Promise<{ summary: AllSummary; produced: Produced[]; workers: WorkerSummary[] }> {
    const produced = await this.#producing!
    await this.#chaos?.heal()
    const [supervisor, sampler] = [this.#supervisor!, this.#sampler!]
    let last: Sample | undefined
    if (!this.#around.signal.aborted) {
      const startMs = performance.now()
      last = await untilDrained(sampler.monitor, {
        signal: this.#around.signal,
        check: () => supervisor.check(),
        onSample: (sample) => show(this.#live(sample)),
      }).catch((error: unknown) => {
        if (this.#around.signal.aborted) return undefined
        throw error
      })
      this.#phases.seconds['catchUp'] = secondsSince(startMs)
    }
    last ??= await sampler.monitor.sample().catch(() => sampler.last!)
    const processes = supervisor.list()
    const faults = await this.#chaos?.end()
    await supervisor.stop()
    const seconds = secondsSince(this.#startedMs)
    const summary = summarize(last, processes, {
      flowSeconds: this.#flowSeconds,
      seconds,
      phases: this.#phases.seconds,
      faults,
    })
    return { summary, produced, workers: supervisor.summaries() }
  }

  /** How long its phases took beside those of the last run, in words; they are kept for the next one. */
  comparedWithLast(): string[] {
    return this.#phases.comparedWithLast(this.#settings.home, this.#around.log)
  }

  /** Ends whatever this run started, once. */
  stop(report: Report): Promise<void> {
    this.#stopped ??= (async () => {
      await this.#chaos?.end()
      await this.#supervisor?.stop()
      await this.#producing?.catch(() => undefined)
      await this.#client?.close()
      await this.#infra.down(report)
    })()
    return this.#stopped
  }

  /** Ends at once whatever this run started. */
  kill(): void {
    this.#chaos?.endNow()
    this.#supervisor?.kill()
    this.#infra.endNow()
  }

  /** Their processes load their code while topics are still being made. */
  #startWorkers(): void {
    this.#supervisor = supervise(this.#settings, { ...this.#around, metrics: this.#metrics })
    for (const { name } of defaultWorkers) this.#supervisor.start(name, { held: true })
  }

  #hooks(report: Report): Pick<Surroundings, 'signal' | 'log'> & { readonly report: Report } {
    return { report, signal: this.#around.signal, log: this.#around.log }
  }

  #phase<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    return this.#phases.measure(name, this.#around.signal, run)
  }

  #live(sample: Sample, before?: Sample): Live {
    const derived = sample.topics.some(({ topic, records }) => records > 0 && outputs.has(topic))
    if (derived && !('firstDerivedRecord' in this.#phases.seconds))
      this.#phases.seconds['firstDerivedRecord'] = secondsSince(this.#startedMs)
    return this.observer.live(sample, before, {
      producers: [...this.#producers.values()],
      processes: this.#supervisor!.list(),
      seconds: secondsSince(this.#flowingMs),
      silentSeconds: this.#sampler!.silentSeconds,
    })
  }
}
