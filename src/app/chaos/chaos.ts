import { pause } from '../../pause.ts'
import { PayflowError, messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { Client } from '../../kafka/client.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import type { Settings } from '../../settings/resolve.ts'
import { BrokerChaos } from './brokers.ts'
import { planOptionsOf, type ChaosOptions } from './options.ts'
import { brokerFaults, planFaults, type FaultKind, type PlannedFault } from './plan.ts'
import { catchUp, watchProgress } from './progress.ts'
import { StallTracker, type KindFigures } from './stalls.ts'
import { WorkerChaos, type Surroundings } from './workers.ts'
import { clientOptions } from '../cluster.ts'
import { recordFault } from '../monitor/fault-record.ts'
import { engineOf } from '../infra.ts'
import { chooseWorkers, typedOptions, type WorkerChoice } from '../workers/arguments.ts'

/** One line of what happens: a fault, or the end of one. */
export interface ChaosEvent {
  /** Since the first moment of the plan. */
  readonly seconds: number
  readonly kind: FaultKind | 'heal'
  readonly target: string
  readonly what: string
}

/** What was broken, and how long work stood still. */
export interface FaultFigures {
  readonly seed: number
  readonly seconds: number
  readonly total: number
  /** Planned faults that had no target, or came while a broker was still away. */
  readonly skipped: number
  readonly kinds: readonly KindFigures[]
  /** Without the time in which brokers were away. */
  readonly longestStall: { readonly ms: number; readonly where: string }
  /** Workers that were killed and that nobody but chaos had started again. */
  readonly notRestarted: readonly string[]
}

const HEAL_TIMEOUT_MS = 60_000
/** In the place of a target that there was not. */
const SKIPPED = 'skipped'
/** Answers of a frozen broker are not waited for: progress is looked at often. */
const LOOK_TIMEOUT_MS = 2_000

/** One run of faults against what payflow itself runs: `start`, `heal`, `recover`, `end`. */
export class Chaos {
  readonly #settings: Settings
  readonly #options: ChaosOptions
  readonly #onEvent: (event: ChaosEvent) => void
  readonly #workers: WorkerChaos
  readonly #brokers: BrokerChaos | undefined
  readonly #client: Client
  readonly #log: Log
  #watched: readonly AnyWorker[] = []
  readonly #tracker = new StallTracker()
  readonly #healing = new AbortController()
  readonly #ended = new AbortController()
  readonly #pending = new Set<Promise<void>>()
  #startedMs = 0
  #running: Promise<void> = Promise.resolve()
  #watching: Promise<void> = Promise.resolve()
  #healed: Promise<void> | undefined
  #seconds = 0
  #total = 0
  #skipped = 0
  #failure: unknown

  private constructor(
    settings: Settings,
    options: ChaosOptions,
    onEvent: (event: ChaosEvent) => void,
    parts: { surroundings: Surroundings; brokers: (signal: AbortSignal) => BrokerChaos | undefined },
  ) {
    this.#settings = settings
    this.#options = options
    this.#onEvent = onEvent
    this.#workers = new WorkerChaos(settings, parts.surroundings, this.#healing.signal)
    this.#brokers = parts.brokers(this.#healing.signal)
    this.#log = parts.surroundings.log
    const client = clientOptions(settings, 'payflow-chaos', this.#log)
    this.#client = new Client({ ...client, requestTimeoutMs: LOOK_TIMEOUT_MS })
  }

  /** @throws PayflowError (failed) when no worker process of payflow's runs here */
  static async prepare(
    settings: Settings,
    surroundings: Surroundings,
    options: ChaosOptions,
    onEvent: (event: ChaosEvent) => void,
  ): Promise<Chaos> {
    const { env, log } = surroundings
    const { engine } = await engineOf(settings, env, { log })
    const brokers = (signal: AbortSignal) => engine.faults && new BrokerChaos(engine, engine.faults, { signal, log })
    const chaos = new Chaos(settings, options, onEvent, { surroundings, brokers })
    if (chaos.#workers.names.length > 0) {
      chaos.#watched = await chaos.#workers.definitions(defaultWorkers)
      return chaos
    }
    await chaos.#client.close()
    throw new PayflowError('NOTHING_TO_BREAK', 'No worker process of payflow runs here', {
      kind: 'failed',
      hint: 'start some in another terminal: `payflow all` or `payflow worker all`; with the same PAYFLOW_HOME',
    })
  }

  /** The workers that it knows among those that ran at the beginning, with the options that they were started with. */
  get choices(): WorkerChoice[] {
    return chooseWorkers(
      this.#watched,
      this.#watched.flatMap(({ name }) => typedOptions(name, this.#workers.argumentsOf(name))),
    )
  }

  /** Begins to break things. `over` resolves when the plan's time is up. */
  start(): { readonly over: Promise<void> } {
    this.#startedMs = performance.now()
    this.#watching = watchProgress(this.#client, this.#watched, this.#tracker, this.#ended.signal)
    this.#running = this.#follow()
    return { over: this.#running }
  }

  /** Ends the faults: everything goes on, brokers are up, as many instances run as before. @throws what could not be repaired */
  heal(): Promise<void> {
    this.#healed ??= this.#heal()
    return this.#healed
  }

  /** Returns when the workers have committed all that was there. @throws PayflowError (failed) when they do not recover */
  async recover(signal: AbortSignal): Promise<void> {
    await catchUp(this.#client, this.#watched, signal)
  }

  /** Ends what was started for the faults, and the faults themselves if they have not been healed. */
  async end(): Promise<FaultFigures> {
    await this.heal().catch((error: unknown) => this.#log('warn', 'not-healed', { error: messageOf(error) }))
    this.#ended.abort()
    await this.#watching
    const notRestarted = await this.#workers.end()
    await this.#client.close()
    return {
      seed: this.#options.seed,
      seconds: this.#seconds,
      total: this.#total,
      skipped: this.#skipped,
      kinds: this.#tracker.figures(),
      longestStall: this.#tracker.longest,
      notRestarted,
    }
  }

  /** At once: nothing stays frozen, and nothing that was started stays behind. */
  endNow(): void {
    this.#workers.endNow()
    void this.#brokers?.thaw()
  }

  async #follow(): Promise<void> {
    const { signal } = this.#healing
    for (const fault of planFaults(planOptionsOf(this.#settings, this.#options))) {
      if (fault.atMs >= this.#options.durationMs) break
      await pause(Math.max(0, this.#startedMs + fault.atMs - performance.now()), signal)
      if (signal.aborted) return
      this.#launch(fault)
    }
    const leftMs = this.#startedMs + this.#options.durationMs - performance.now()
    await pause(Math.max(0, leftMs), signal)
  }

  /** A fault that takes its time holds up none of the next ones. */
  #launch(fault: PlannedFault): void {
    const done = (brokerFaults.has(fault.kind) ? this.#breakBroker(fault) : this.#breakWorker(fault))
      .catch((error: unknown) => {
        this.#failure ??= error
        this.#say(fault.kind, 'failed', messageOf(error))
      })
      .finally(() => this.#pending.delete(done))
    this.#pending.add(done)
  }

  async #breakWorker(planned: PlannedFault): Promise<void> {
    const sinceMs = performance.now()
    const fault = await this.#workers.inject(planned)
    if (fault === undefined) {
      this.#skip(planned, 'no process to break')
      return
    }
    this.#count(planned.kind, fault.workers, sinceMs)
    this.#say(planned.kind, fault.target, fault.what)
    if (fault.over) this.#say(planned.kind, fault.target, await fault.over)
  }

  async #breakBroker(planned: PlannedFault): Promise<void> {
    const fault = await this.#brokers?.inject(planned)
    if (fault === undefined) {
      this.#skip(planned, 'a broker is away still')
      return
    }
    this.#say(planned.kind, fault.target, fault.what)
    const how = await fault.over
    const backMs = performance.now()
    this.#tracker.brokersBack(backMs)
    this.#count(planned.kind, this.#workers.names, backMs)
    this.#say(planned.kind, fault.target, how)
  }

  async #heal(): Promise<void> {
    this.#seconds = Math.round(performance.now() - this.#startedMs) / 1000
    this.#say('heal', 'everything', 'is continued; instances and brokers as before')
    this.#healing.abort()
    await this.#running
    await Promise.all(this.#pending)
    await this.#brokers?.thaw()
    const missing = await this.#workers.heal(HEAL_TIMEOUT_MS)
    if (this.#failure !== undefined) throw asFailure(this.#failure)
    if (missing.length === 0) return
    throw new PayflowError('NOT_RECOVERED', `Nobody has started ${missing.join(', ')} again`, {
      kind: 'failed',
      hint: 'look at what ran it; start it again with `payflow worker`',
    })
  }

  #count(kind: FaultKind, workers: readonly string[], sinceMs: number): void {
    this.#total++
    this.#tracker.fault({ kind, workers, sinceMs })
  }

  #skip({ kind }: PlannedFault, why: string): void {
    this.#skipped++
    this.#say(kind, SKIPPED, why)
  }

  #say(kind: ChaosEvent['kind'], target: string, what: string): void {
    const seconds = Math.round(performance.now() - this.#startedMs) / 1000
    this.#onEvent({ seconds, kind, target, what })
    if (target !== SKIPPED) recordFault(this.#settings.home, { atMs: Date.now(), kind, target, what }, this.#log)
  }
}

const asFailure = (error: unknown): unknown =>
  error instanceof PayflowError
    ? new PayflowError(error.code, error.message, { kind: 'failed', ...(error.hint !== undefined && { hint: error.hint }), cause: error }) // prettier-ignore
    : error
