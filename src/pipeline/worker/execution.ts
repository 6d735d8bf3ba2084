import { checkKey, checkParts, checkResult, restoredState } from './check-result.ts'
import { StepContext, type ContextSource } from './context.ts'
import { outgoing, type Outgoing } from './emission.ts'
import { freeze } from './freeze.ts'
import { PlacementCheck } from './placement.ts'
import { isTooLarge } from './record-size.ts'
import { SeveralStates } from './several-states.ts'
import type { StateStore } from './state.ts'
import { addTo, noTally, type Tally, type TallyRules } from './tally.ts'
import { isCustom, type AnyOnTime, type AnyReturn, type AnyStep, type AnyWorker } from './definition.ts'

type KeyOf = (event: unknown) => string
/** `record`: of a checked worker's output, which may be another one of several, and have headers. */
type Fits = (to: 'output' | 'state', key: string, value: string, record?: Outgoing) => boolean

const fitsByDefault: Fits = (_, key, value) => !isTooLarge(key, value)

export interface ExecutionOptions {
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly state: Pick<StateStore, 'get' | 'find' | 'set' | 'due' | 'refuseDue'>
  /** Takes an output event, as its key and JSON text; of a checked worker with all that is to be written. */
  readonly emit: (key: string, value: string, record?: Outgoing) => void
  /**
   * Whether steps are held to what their types promise: what they are given is frozen, and what they return must be what a reader gets back.
   * On for custom workers, which may be plain JavaScript, and in every test. The built-in workers run without: it would cost more
   * than the steps themselves, and changes nothing about them, as unit/pipeline/worker/execution proves for each.
   */
  readonly checked: boolean
  /** The greatest timestamp taken before, in ms; -Infinity when there is none. */
  readonly eventTime?: number
  /** Whether its topic takes a record of this key and text; by default, what a broker with default settings takes. */
  readonly fits?: Fits
  /** Whether the size of this key's state has to be looked at before it is kept; by default that of all. */
  readonly measuresState?: (key: string) => boolean
}

/**
 * What a worker means: from a definition, its options and its state, each event leads to a refusal, or to output, new state and timers.
 * The runtime and `given(…).when(…).then(…)` both run this, so that what a test proves is what runs.
 */
export class Execution {
  readonly #worker: AnyWorker
  readonly #options: unknown
  readonly #state: ExecutionOptions['state']
  readonly #emit: ExecutionOptions['emit']
  readonly #several: SeveralStates | undefined
  readonly #checked: boolean
  readonly #placement: PlacementCheck | undefined
  readonly #fits: Fits
  readonly #measuresState: (key: string) => boolean
  #eventTime: number
  #late = 0
  readonly #tallyRules: TallyRules<unknown, unknown> | undefined
  #tally = noTally()
  #running: string | undefined

  constructor(setup: ExecutionOptions) {
    const { worker, options, state, emit, checked, eventTime = -Infinity } = setup
    this.#fits = setup.fits ?? fitsByDefault
    this.#measuresState = setup.measuresState ?? (() => true)
    this.#worker = worker
    this.#options = checked ? freeze(options) : options
    this.#state = state
    this.#emit = emit
    if (worker.states) this.#several = new SeveralStates(worker.states, (key) => state.find(key))
    this.#checked = checked
    if (checked && worker.partitionBy) this.#placement = new PlacementCheck(worker)
    this.#tallyRules = isCustom(worker) ? undefined : (worker.tally as TallyRules<unknown, unknown> | undefined)
    this.#eventTime = eventTime
  }

  /** The greatest timestamp of all events taken, in ms; -Infinity before the first. */
  get eventTime(): number {
    return this.#eventTime
  }

  /** Events since the last call whose step has said that they came too late to count. */
  takeLate(): number {
    const late = this.#late
    this.#late = 0
    return late
  }

  /** What is counted of the outputs since the last call; undefined where the worker counts nothing. */
  takeTally(): Tally | undefined {
    if (!this.#tallyRules) return undefined
    const tally = this.#tally
    this.#tally = noTally()
    return tally
  }

  /** The step that ran last: the one to blame when `take` or `advance` throws. */
  get step(): string {
    return this.#running === undefined ? 'onTime' : `on.${this.#running}`
  }

  /**
   * Takes an event of the input `alias`. Returns why it is refused, if it is: then it has had no effect at all. Otherwise its own step comes
   * first, and then event time moves to `time` (ms; undefined for an event without one). `record`: what a checked worker may ask of it.
   * @throws what a step throws, and an Error for what a step may not do: a bug in the worker, never bad input
   */
  take(alias: string, event: unknown, time: number | undefined, record?: ContextSource): string | undefined {
    this.#running = alias
    const refused = this.#checked ? this.#runChecked(alias, event, time, record) : this.#run(alias, event)
    if (refused === undefined && time !== undefined) this.advance(time)
    return refused
  }

  #run(alias: string, event: unknown): string | undefined {
    const { state, on } = this.#worker
    const step = on[alias] as unknown as AnyStep
    if (!state) return this.#apply(undefined, step(event, undefined, this.#options), undefined)
    const key = (state.key[alias] as unknown as KeyOf)(event)
    checkKey('state.key', alias, key)
    const before = this.#state.get(key)
    return this.#apply(key, step(event, before, this.#options), before)
  }

  #runChecked(
    alias: string,
    event: unknown,
    time: number | undefined,
    record: ContextSource | undefined,
  ): string | undefined {
    freeze(event)
    const context = record && new StepContext(record, Math.max(this.#eventTime, time ?? -Infinity))
    if (this.#several) return this.#runSeveral(this.#several, alias, event, context)
    const { state, on } = this.#worker
    const step = on[alias] as unknown as AnyStep
    if (!state) return this.#apply(undefined, step(event, undefined, this.#options, context), undefined)
    const key = (state.key[alias] as unknown as KeyOf)(event)
    checkKey('state.key', alias, key)
    this.#placement?.check(alias, event, key)
    const before = this.#state.get(key)
    return this.#apply(key, step(event, before, this.#options, context), before)
  }

  #runSeveral(
    several: SeveralStates,
    alias: string,
    event: unknown,
    context: StepContext | undefined,
  ): string | undefined {
    const keys = several.keysOf(alias, event)
    for (const [name, key] of Object.entries(keys)) this.#placement?.check(alias, event, key, name)
    const before = freeze(several.valuesOf(keys))
    const result = (this.#worker.on[alias] as unknown as AnyStep)(event, before, this.#options, context)
    const state = checkParts(this.#worker, this.step, result)
    if (!result) return undefined
    const changes = several.changesOf(this.step, keys, state).map(([key, entry]) => [key, entry && restoredState(this.#worker, this.step, entry)] as const) // prettier-ignore
    if (result.reject !== undefined) return result.reject
    if (result.late) this.#late++
    for (const [key, entry] of changes) {
      const large = this.#stateFault(key, entry)
      if (large !== undefined) return large
    }
    const refused = result.emit === undefined ? undefined : this.#writeRecords(result.emit)
    if (refused !== undefined) return refused
    for (const [key, entry] of changes) this.#state.set(key, entry)
    return undefined
  }

  /** Event time moves on, never back: timers up to it fire, even those of an event that came late. @throws as `take` */
  advance(time: number): void {
    if (time > this.#eventTime) this.#eventTime = time
    const onTime = this.#worker.onTime as AnyOnTime | undefined
    if (!onTime) return
    this.#running = undefined
    for (const key of this.#state.due(this.#eventTime)) {
      const before = this.#state.get(key)
      const refused = this.#apply(key, onTime(this.#eventTime, before, this.#options), before)
      if (refused !== undefined) throw new Error(`there is no event to refuse: ${refused}`)
      this.#state.refuseDue(key, this.#eventTime)
    }
  }

  /** Returns why the event is refused, if it is; then nothing of the result has taken effect. */
  #apply(key: string | undefined, result: AnyReturn, before: unknown): string | undefined {
    // A custom worker in plain JavaScript may return null for nothing.
    if (!result) {
      if (this.#checked) checkResult(this.#worker, this.step, result)
      return undefined
    }
    const state: unknown = this.#checked ? checkResult(this.#worker, this.step, result) : result.state
    if (result.reject !== undefined) return result.reject
    if (result.late) this.#late++
    const large = key === undefined ? undefined : this.#stateFault(key, state)
    if (large !== undefined) return large
    const { emit } = result
    const refused = emit === undefined ? undefined : this.#checked ? this.#writeRecords(emit) : this.#write(emit as readonly unknown[]) // prettier-ignore
    if (refused !== undefined) return refused
    if (this.#tallyRules && emit) addTo(this.#tally, this.#tallyRules, emit as readonly unknown[], before)
    if (state !== undefined && key !== undefined) this.#state.set(key, state)
    return undefined
  }

  #stateFault(key: string, state: unknown): string | undefined {
    const fits = state == null || !this.#measuresState(key) || this.#fits('state', key, JSON.stringify(state))
    return fits ? undefined : `the state of ${key} would be more than a record may have`
  }

  /** All events or none: returns why, when one is too large. */
  #write(events: readonly unknown[]): string | undefined {
    const { output } = this.#worker
    const written = events.map((event) => ({ key: output.key(event), value: output.shape.encode(event) }))
    for (const { key, value } of written) if (!this.#fits('output', key, value)) return tooLarge(output.name, value)
    for (const { key, value } of written) this.#emit(key, value)
    return undefined
  }

  /** The same for a checked worker, which may have several outputs, and records with keys and headers of their own. */
  #writeRecords(emit: unknown): string | undefined {
    const records = outgoing(this.#worker, emit)
    for (const record of records)
      if (!this.#fits('output', record.key, record.value, record)) return tooLarge(record.topic, record.value)
    for (const record of records) this.#emit(record.key, record.value, record)
    return undefined
  }
}

const tooLarge = (topic: string, value: string): string =>
  `its ${topic} event would have ${value.length} characters, more than a record may have`
