import { shown } from '../codec/fields.ts'
import { freeze } from './freeze.ts'
import { isCustom, type AnyWorker } from './definition.ts'
import { TimerQueue } from './timers.ts'
import { StepFault } from './step-fault.ts'

type DueAt = (state: unknown, options: unknown) => number | undefined

/** The state of one task: a value a key, the changes since the last commit, and the keys' event-time timers. */
export class StateStore {
  /** Timers before this event time are at hand. */
  readonly horizon: number = Infinity
  readonly #initial: unknown
  readonly #dueAt: DueAt | undefined
  readonly #options: unknown
  readonly #checked: boolean
  readonly #values = new Map<string, unknown>()
  readonly #changed = new Map<string, unknown>()
  readonly #timers = new TimerQueue()
  #measuredBytes = 0
  #measuredValues = 0

  /** `checked`: as of an Execution; then all values are frozen. */
  constructor(worker: AnyWorker, options: unknown, checked = isCustom(worker)) {
    const initial = worker.state?.initial ?? null
    this.#initial = checked ? freeze(initial) : initial
    this.#checked = checked
    this.#dueAt = worker.dueAt as DueAt | undefined
    this.#options = options
  }

  /** A value was written or restored: its size counts. */
  measured(key: string, text: string): void {
    this.#measuredBytes += key.length + text.length
    this.#measuredValues++
  }

  /** About how much all values are as the changelog has them: their number by the average size of those that were measured. */
  get bytes(): number {
    return this.#measuredValues === 0 ? 0 : Math.round((this.#values.size * this.#measuredBytes) / this.#measuredValues)
  }

  get size(): number {
    return this.#values.size
  }

  /** The state of a key, or that of a key that has none. */
  get(key: string): unknown {
    const value = this.#values.get(key)
    return value === undefined ? this.#initial : value
  }

  keys(): IterableIterator<string> {
    return this.#values.keys()
  }

  /** Undefined when the key has no state. */
  find(key: string): unknown {
    return this.#values.get(key)
  }

  /** `null` deletes the key. */
  set(key: string, value: unknown): void {
    this.restore(key, value)
    this.#changed.set(key, value)
  }

  /** Puts a value back that the changelog holds already. */
  restore(key: string, value: unknown): void {
    if (this.#checked) freeze(value)
    const due = value === null ? undefined : this.#dueOf(value)
    // one that is as before is in the queue already
    if (due !== undefined && due !== this.#dueOf(this.#values.get(key))) this.#timers.add(due, key)
    if (value === null) this.#values.delete(key)
    else this.#values.set(key, value)
  }

  /** The keys whose timers are due at event time `now`, earliest first; each timer once, and only if it still holds. */
  *due(now: number): Generator<string> {
    for (;;) {
      const next = this.#timers.takeUntil(now)
      if (!next) return
      if (this.#dueOf(this.#values.get(next.key)) === next.at) yield next.key
    }
  }

  /** A timer that leaves its key due would fire for ever. @throws Error */
  refuseDue(key: string, now: number): void {
    const due = this.#dueOf(this.#values.get(key))
    if (due !== undefined && due <= now)
      throw new StepFault(`onTime left the key ${key} due, so that it would never end`)
  }

  /** What must go to the changelog; `null` is a tombstone. */
  get changes(): ReadonlyMap<string, unknown> {
    return this.#changed
  }

  committed(): void {
    this.#changed.clear()
  }

  #dueOf(value: unknown): number | undefined {
    if (!this.#dueAt || value === undefined) return undefined
    return checkedDue(this.#dueAt(value, this.#options))
  }
}

/** When a state is due, in ms since 1970; undefined: never, or there is no state. @throws StepFault when the worker says something else */
export function dueOf({ dueAt }: AnyWorker, value: unknown, options: unknown): number | undefined {
  if (!dueAt || value === undefined) return undefined
  return checkedDue((dueAt as DueAt)(value, options))
}

function checkedDue(due: unknown): number | undefined {
  if (due === undefined || (typeof due === 'number' && !Number.isNaN(due))) return due
  throw new StepFault(`dueAt returned ${shown(due)}: it must be ms since 1970, or undefined`)
}
