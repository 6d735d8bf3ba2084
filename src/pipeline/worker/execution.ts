import { checkKey, checkParts, checkResult, restoredState } from './check-result.ts'
import { StepContext, type ContextSource } from './context.ts'
import { outgoing } from './emission.ts'
import type { ExecutionOptions, Fits } from './execution-options.ts'
import { freeze } from './freeze.ts'
import { RecordKey, refusing, type KeyedRecord } from './keyed-record.ts'
import { meaningOfNull, otherKey, statesFor, type AnyNullStep } from './null-values.ts'
import { PlacementCheck } from './placement.ts'
import { fitsByDefault, tooLarge } from './record-size.ts'
import { SeveralStates } from './several-states.ts'
import { StepFault } from './step-fault.ts'
import { StepFigures } from './step-figures.ts'
import { type AnyOnTime, type AnyReturn, type AnyStep, type AnyWorker } from './definition.ts'

type KeyOf = (event: unknown, record?: KeyedRecord) => string
const NULL_STEP = 'onNull.'

/**
 * What a worker means: from a definition, its options and its state, each event leads to a refusal, or to output, new state and timers.
 * The runtime and `given(…).when(…).then(…)` both run this, so that what a test proves is what runs.
 */
export class Execution {
  readonly figures: StepFigures
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
  readonly #timersAtOnce: number
  #isFiring: boolean
  #running: string | undefined

  constructor(setup: ExecutionOptions) {
    const { worker, options, state, emit, checked, eventTime = -Infinity, timersAtOnce = Infinity, isFiring = false } = setup // prettier-ignore
    this.#fits = setup.fits ?? fitsByDefault
    this.#measuresState = setup.measuresState ?? (() => true)
    this.#worker = worker
    this.#options = checked ? freeze(options) : options
    this.#state = state
    this.#emit = emit
    if (worker.states) this.#several = new SeveralStates(worker.states, (key) => state.find(key))
    this.#checked = checked
    if (checked && worker.partitionBy) this.#placement = new PlacementCheck(worker)
    this.figures = new StepFigures(worker)
    this.#eventTime = eventTime
    this.#timersAtOnce = timersAtOnce
    this.#isFiring = isFiring
  }

  /** Not all timers have fired that are due. Until they have (`fire`), no other event may be taken. */
  get isFiring(): boolean {
    return this.#isFiring
  }

  /** The greatest timestamp of all events taken, in ms; -Infinity before the first. */
  get eventTime(): number {
    return this.#eventTime
  }

  /** The step that ran last: the one to blame when `take` or `advance` throws. */
  get step(): string {
    if (this.#running === undefined) return 'onTime'
    return this.#running.startsWith(NULL_STEP) ? this.#running : `on.${this.#running}`
  }

  /**
   * Takes an event of the input `alias`. Returns why it is refused, if it is: then it has had no effect at all. Otherwise its own step comes
   * first, and then event time moves to `time` (ms; undefined for an event without one). `record`: what a checked worker may ask of it.
   * @throws what a step throws, and an Error for what a step may not do: a bug in the worker, never bad input
   */
  take(alias: string, event: unknown, time: number | undefined, record?: ContextSource): string | undefined {
    this.#running = alias
    const refused = this.#checked ? refusing(() => this.#runChecked(alias, event, time, record)) : this.#run(alias, event) // prettier-ignore
    if (refused === undefined && time !== undefined) this.advance(time)
    return refused
  }

  /** Takes a record without a value, as `onNull` of a checked worker says. Returns why it is refused, if it is. @throws as `take` */
  takeNull(alias: string, record: ContextSource): string | undefined {
    this.#running = `${NULL_STEP}${alias}`
    const meaning = meaningOfNull(this.#worker, alias)
    if (meaning === undefined || meaning === 'ignore') return undefined
    return refusing(() => this.#runNull(alias, meaning, record))
  }

  #runNull(alias: string, meaning: 'delete' | AnyNullStep, record: ContextSource): string | undefined {
    const context = new StepContext(record, this.#eventTime)
    const names = statesFor(this.#worker, alias)
    const key = names.length === 0 ? undefined : keyedBy(record).key
    if (this.#several) {
      const keys = Object.fromEntries(names.map((name) => [name, key!]))
      const before = freeze(this.#several.valuesOf(keys))
      const result = meaning === 'delete' ? { state: Object.fromEntries(names.map((name) => [name, null])) } : meaning(before, this.#options, context) // prettier-ignore
      return this.#applySeveral(this.#several, keys, result)
    }
    const before = key === undefined ? undefined : this.#state.get(key)
    return this.#apply(key, meaning === 'delete' ? { state: null } : meaning(before, this.#options, context), before)
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
    const keyed = keyedBy(record)
    if (this.#several) return this.#runSeveral(this.#several, alias, event, { context, keyed })
    const { state, on } = this.#worker
    const step = on[alias] as unknown as AnyStep
    if (!state) return this.#apply(undefined, step(event, undefined, this.#options, context), undefined)
    const key = (state.key[alias] as unknown as KeyOf)(event, keyed)
    checkKey('state.key', alias, key)
    const other = otherKey(this.#worker, alias, key, keyed)
    if (other !== undefined) return other
    this.#placement?.check(alias, event, { key, record: keyed })
    const before = this.#state.get(key)
    return this.#apply(key, step(event, before, this.#options, context), before)
  }

  #runSeveral(
    several: SeveralStates,
    alias: string,
    event: unknown,
    { context, keyed }: { context: StepContext | undefined; keyed: KeyedRecord },
  ): string | undefined {
    const keys = several.keysOf(alias, event, keyed)
    for (const [name, key] of Object.entries(keys)) {
      const other = otherKey(this.#worker, alias, key, keyed)
      if (other !== undefined) return other
      this.#placement?.check(alias, event, { key, name, record: keyed })
    }
    const before = freeze(several.valuesOf(keys))
    const step = this.#worker.on[alias] as unknown as AnyStep
    return this.#applySeveral(several, keys, step(event, before, this.#options, context))
  }

  /** As `#apply`, of several states. */
  #applySeveral(several: SeveralStates, keys: Readonly<Record<string, string>>, result: AnyReturn): string | undefined {
    const state = checkParts(this.#worker, this.step, result)
    if (!result) return undefined
    const changes = several.changesOf(this.step, keys, state).map(([key, entry]) => [key, entry && restoredState(this.#worker, this.step, entry)] as const) // prettier-ignore
    if (result.reject !== undefined) return result.reject
    if (result.late) this.figures.addLate()
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
    if (this.#worker.onTime) this.fire()
  }

  /** Fires timers that are due and at hand, as many as may at once. Returns how many. @throws as `take` */
  fire(): number {
    const onTime = this.#worker.onTime as AnyOnTime
    this.#running = undefined
    this.#isFiring = true
    let fired = 0
    for (const key of this.#state.due(this.#eventTime)) {
      const before = this.#state.get(key)
      const refused = this.#apply(key, onTime(this.#eventTime, before, this.#options), before)
      if (refused !== undefined) throw new StepFault(`there is no event to refuse: ${refused}`)
      this.#state.refuseDue(key, this.#eventTime)
      if (++fired === this.#timersAtOnce) return fired
    }
    this.#isFiring = this.#state.horizon <= this.#eventTime
    return fired
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
    if (result.late) this.figures.addLate()
    const large = key === undefined ? undefined : this.#stateFault(key, state)
    if (large !== undefined) return large
    const { emit } = result
    const refused = emit === undefined ? undefined : this.#checked ? this.#writeRecords(emit) : this.#write(emit as readonly unknown[]) // prettier-ignore
    if (refused !== undefined) return refused
    if (emit) this.figures.add(emit as readonly unknown[], before)
    if (state !== undefined && key !== undefined) this.#state.set(key, state)
    return undefined
  }

  #stateFault(key: string, state: unknown): string | undefined {
    const fits = state == null || !this.#measuresState(key) || this.#fits('state', key, JSON.stringify(state))
    return fits ? undefined : `the state of ${key} would be more than a record may have`
  }

  /** All events or none: returns why, when one is too large. */
  #write(events: readonly unknown[]): string | undefined {
    // nearly always it is one
    if (events.length === 1) return this.#writeOne(events[0])
    const { output } = this.#worker
    const written = events.map((event) => ({ key: output.key(event), value: output.shape.encode(event) }))
    for (const { key, value } of written) if (!this.#fits('output', key, value)) return tooLarge(output.name, value)
    for (const { key, value } of written) this.#emit(key, value)
    return undefined
  }

  #writeOne(event: unknown): string | undefined {
    const { output } = this.#worker
    const key = output.key(event)
    const value = output.shape.encode(event)
    if (!this.#fits('output', key, value)) return tooLarge(output.name, value)
    this.#emit(key, value)
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

/** Of a test that gives events alone: a record without a key. */
const keyedBy = (record: ContextSource | undefined): KeyedRecord => new RecordKey(() => record?.origin().key ?? null)
