import { asError, messageOf } from '../../errors.ts'
import { freeze } from '../../pipeline/worker/freeze.ts'
import { isCustom } from '../../pipeline/worker/definition.ts'
import { dueOf } from '../../pipeline/worker/state.ts'
import { StepFault } from '../../pipeline/worker/step-fault.ts'
import { failpoint } from '../failpoint.ts'
import { valueOf } from './changelog.ts'
import { committedChanges, noChanges, restoredChanges, type RestoredValue } from './disk-changes.ts'
import type { DiskStateOptions } from './disk-state-options.ts'
import { emptyHead, type Head } from './disk-store.ts'
import { ENTRY_BYTES } from './state-room.ts'
import { HotValues } from './hot-values.ts'
import { KnownKeys } from './known-keys.ts'
import { StateFault, type Doubt, type Place, type StoredPlace, type TaskState } from './task-state.ts'
import { TimersAhead } from './timers-ahead.ts'

const absent = Symbol('a key that has no state')

/**
 * State on disk, a cache of the changelog: read by keys as steps ask for them, written in one go with its place in the changelog, and only what is committed.
 * What is not committed, or not written yet, is in memory; so are the values that were used last, and the timers of the near future.
 */
export class DiskState implements TaskState {
  readonly where = 'disk'
  readonly #options: DiskStateOptions
  readonly #initial: unknown
  readonly #checked: boolean
  readonly #values: HotValues<unknown>
  readonly #known: KnownKeys
  readonly #timers: TimersAhead
  #head: Head
  #measuredBytes: number
  #measuredValues: number
  /** Nobody else has worked out any timer. */
  #ownTimers: boolean
  /** What is not committed. */
  #changes = noChanges()
  #restoring = new Map<string, RestoredValue>()
  /** Of what was restored and is being written. */
  #storing: readonly string[] = []
  /** Committed, and being written. */
  #writing: ReadonlyMap<string, unknown> = new Map()
  #written: Promise<void> = Promise.resolve()
  #fault: Error | undefined

  constructor(options: DiskStateOptions) {
    const { worker, store, identity, timers } = options
    this.#options = options
    this.#checked = isCustom(worker)
    this.#initial = this.#checked ? freeze(worker.state?.initial ?? null) : (worker.state?.initial ?? null)
    this.#head = store.head ?? emptyHead(identity, timers)
    this.#measuredBytes = this.#head.measuredBytes
    this.#measuredValues = this.#head.measuredValues
    this.#ownTimers = store.head === undefined
    this.#timers = new TimersAhead(options.timersAhead, worker.dueAt ? this.#head.timersFrom : Infinity)
    this.#known = new KnownKeys({
      store,
      size: () => this.#head.size,
      unstored: () => [...this.#changes.values.keys(), ...this.#writing.keys(), ...this.#storing],
      maxBytes: () => options.cacheBytes() / 4,
      onFault: (error) => this.#failed(error),
    })
    this.#values = new HotValues(() => (options.cacheBytes() - this.#known.bytes) / 2 / (this.#average + ENTRY_BYTES))
  }

  get size(): number {
    return this.#head.size
  }

  get bytes(): number {
    return Math.round(this.#head.size * this.#average)
  }

  get #average(): number {
    return this.#measuredValues === 0 ? 0 : this.#measuredBytes / this.#measuredValues
  }

  get horizon(): number {
    return this.#timers.horizon
  }

  get stored(): StoredPlace | undefined {
    return this.#options.store.head && { ...this.#head, tombstonesMs: this.#options.tombstonesMs }
  }

  get changedBytes(): number {
    return this.#changes.values.size * (this.#average + ENTRY_BYTES)
  }

  get changes(): ReadonlyMap<string, unknown> {
    return this.#changes.values
  }

  get(key: string): unknown {
    const value = this.find(key)
    return value === undefined ? this.#initial : value
  }

  find(key: string): unknown {
    let value = this.#values.get(key)
    if (value === undefined) {
      value = this.#changes.values.get(key)
      if (value === undefined) value = this.#writing.get(key)
      // null: deleted
      if (value === undefined) value = this.#load(key)
      this.#values.set(key, (value ??= absent))
    }
    return value === absent ? undefined : value
  }

  #load(key: string): unknown {
    const text = this.#known.get(key)
    if (text === undefined) return undefined
    const value = valueOf(this.#options.worker, key, text)
    return this.#checked ? freeze(value) : value
  }

  set(key: string, value: unknown): void {
    if (this.#checked) freeze(value)
    const before = this.find(key)
    const dueBefore = this.#dueOf(before)
    const due = value === null ? undefined : this.#dueOf(value)
    if (before === undefined) this.#known.add(key)
    if (this.#options.worker.dueAt && !this.#changes.dues.has(key)) this.#changes.dues.set(key, dueBefore)
    if ((before === undefined) !== (value === null)) this.#changes.grown += value === null ? -1 : 1
    if (due !== undefined && due !== dueBefore) this.#timers.add(due, key)
    this.#changes.values.set(key, value)
    this.#values.set(key, value ?? absent)
  }

  measured(key: string, text: string): void {
    this.#measuredBytes += key.length + text.length
    this.#measuredValues++
    this.#changes.texts.push([key, text])
  }

  *due(now: number): Generator<string> {
    for (;;) {
      const next = this.#timers.takeUntil(now)
      if (!next) return
      if (this.#dueOf(this.find(next.key)) === next.at) yield next.key
      else this.#changes.goneTimers.push(next)
    }
  }

  refuseDue(key: string, now: number): void {
    if ((this.#dueOf(this.find(key)) ?? Infinity) <= now) throw new StepFault(`onTime left the key ${key} due, so that it would never end`) // prettier-ignore
  }

  restore(key: string, value: unknown, text: string | null): void {
    this.#restoring.set(key, { value, text })
  }

  async restored(place: Place): Promise<void> {
    const found = this.#restoring
    this.#restoring = new Map()
    this.#changes = noChanges()
    const keys = [...found.keys()]
    const had = await this.#known.had(keys)
    this.#storing = keys
    for (const key of keys) this.#known.add(key)
    const changes = restoredChanges(found, had, (value) => this.#dueOf(value))
    for (const key of keys) this.#values.delete(key)
    this.#timers.restored(changes.timers)
    this.#head = this.#headAt(place, this.#head.size + changes.grown)
    await this.#options.store.apply(changes, this.#head)
    this.#storing = []
  }

  /** Begins to write the changes, once those before are written. */
  async committed(place: Place | undefined): Promise<void> {
    await this.#settled()
    failpoint('before-store')
    this.#timers.trim()
    const changes = this.#changes
    this.#changes = noChanges()
    this.#writing = changes.values
    this.#head = this.#headAt(place ?? this.#head, this.#head.size + changes.grown)
    const stored = committedChanges(changes, (value) => this.#dueOf(value))
    this.#written = this.#options.store.apply(stored, this.#head).then(() => {
      this.#writing = new Map()
      failpoint('after-store')
    })
    this.#written.catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    this.#options.onFault((this.#fault = asError(error)))
  }

  #headAt({ position, progress, progressOffset, completeAtMs }: Place, size: number): Head {
    const mine = { timersFrom: this.#timers.from, measuredBytes: this.#measuredBytes, measuredValues: this.#measuredValues } // prettier-ignore
    return { ...this.#head, ...mine, position, progress, progressOffset, completeAtMs, size }
  }

  /** What was committed is written. @throws StateFault */
  async #settled(): Promise<void> {
    await this.#written
    if (this.#fault) throw this.#fault
  }

  async loadTimers(): Promise<void> {
    await this.#settled()
    await this.#timers.load((at) => this.#options.store.timersFrom(at))
  }

  async restoredWhole(onPortion: () => void): Promise<void> {
    const { worker, store, timers } = this.#options
    if (!worker.dueAt || this.#ownTimers || (timers !== undefined && this.#head.timers === timers)) return
    await store.renewTimers((key, text) => this.#dueOf(valueOf(worker, key, text)), timers ?? '', onPortion)
    this.#timers.restored()
    this.#head = { ...this.#head, timers: timers ?? '', timersFrom: undefined }
  }

  async *keysInPortions(): AsyncGenerator<Iterable<string>> {
    await this.#settled()
    yield* this.#options.store.keys()
  }

  async wipe(why: Doubt): Promise<void> {
    const { store, identity, timers, onWiped } = this.#options
    this.#values.clear()
    this.#restoring.clear()
    this.#known.close()
    try {
      await store.wipe()
    } catch (error) {
      throw new StateFault('unwritable', `${store.path}: ${messageOf(error)}`, { cause: error })
    }
    this.#head = emptyHead(identity, timers)
    this.#measuredBytes = this.#measuredValues = 0
    this.#known.wiped()
    this.#timers.restored()
    this.#ownTimers = true
    onWiped(why)
  }

  async close(): Promise<void> {
    this.#known.close()
    await this.#written.catch(() => undefined) // told to who commits, or by onFault
    await this.#options.store.close()
  }

  #dueOf(value: unknown): number | undefined {
    return dueOf(this.#options.worker, value, this.#options.options)
  }
}
