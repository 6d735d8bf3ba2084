import { checkKey, checkResult } from './check-result.ts'
import { freeze } from './freeze.ts'
import { isTooLarge } from './record-size.ts'
import type { StateStore } from './state.ts'
import { addTo, noTally, type Tally, type TallyRules } from './tally.ts'
import { isCustom, type AnyOnTime, type AnyStep, type AnyWorker, type StepReturn } from './definition.ts'

type KeyOf = (event: unknown) => string
type Fits = (to: 'output' | 'state', key: string, value: string) => boolean

const fitsByDefault: Fits = (_, key, value) => !isTooLarge(key, value)

export interface ExecutionOptions {
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly state: Pick<StateStore, 'get' | 'set' | 'due' | 'refuseDue'>
  /** Takes an output event, as its key and JSON text. */
  readonly emit: (key: string, value: string) => void
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
  readonly #checked: boolean
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
    this.#checked = checked
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
   * first, and then event time moves to `time` (ms; undefined for an event without one).
   * @throws what a step throws, and an Error for what a step may not do: a bug in the worker, never bad input
   */
  take(alias: string, event: unknown, time: number | undefined): string | undefined {
    const { state, on } = this.#worker
    this.#running = alias
    if (this.#checked) freeze(event)
    const step = on[alias] as unknown as AnyStep
    let key: string | undefined
    let before: unknown
    if (state) {
      key = (state.key[alias] as unknown as KeyOf)(event)
      checkKey(alias, key)
      before = this.#state.get(key)
    }
    const refused = this.#apply(key, step(event, before, this.#options), before)
    if (refused === undefined && time !== undefined) this.advance(time)
    return refused
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
  #apply(key: string | undefined, result: StepReturn<unknown, unknown>, before: unknown): string | undefined {
    // A custom worker in plain JavaScript may return null for nothing.
    if (!result) {
      if (this.#checked) checkResult(this.#worker, this.step, result)
      return undefined
    }
    const state: unknown = this.#checked ? checkResult(this.#worker, this.step, result) : result.state
    if (result.reject !== undefined) return result.reject
    if (result.late) this.#late++
    if (
      state != null &&
      key !== undefined &&
      this.#measuresState(key) &&
      !this.#fits('state', key, JSON.stringify(state))
    )
      return `the state of ${key} would be more than a record may have`
    const refused = result.emit && this.#write(result.emit)
    if (refused !== undefined) return refused
    if (this.#tallyRules && result.emit) addTo(this.#tally, this.#tallyRules, result.emit, before)
    if (state !== undefined && key !== undefined) this.#state.set(key, state)
    return undefined
  }

  /** All events or none: returns why, when one is too large. */
  #write(events: readonly unknown[]): string | undefined {
    const { output } = this.#worker
    const written = events.map((event) => ({ key: output.key(event), value: output.shape.encode(event) }))
    for (const { key, value } of written)
      if (!this.#fits('output', key, value))
        return `its ${output.name} event would have ${value.length} characters, more than a record may have`
    for (const { key, value } of written) this.#emit(key, value)
    return undefined
  }
}
