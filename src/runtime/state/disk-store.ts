import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { messageOf } from '../../errors.ts'
import type { Place } from './task-state.ts'
import { StateFault } from './task-state.ts'
import { orderedTime, sealed, timeOf, unsealed } from './stored-text.ts'
import type { Identity } from './trust.ts'

/** What a store says of itself; written with every change. */
export interface Head extends Place {
  readonly identity: Identity
  readonly size: number
  readonly measuredBytes: number
  readonly measuredValues: number
  /** With what the times of its timers were worked out; undefined: they have to be worked out again. */
  readonly timers: string | undefined
  /** No timer is earlier; absent: not known. What came before was deleted, and LevelDB would go through all of that to find the first one. */
  readonly timersFrom?: number | undefined
}

/** Of a store that was never written to. */
export const emptyHead = (identity: Identity, timers: string | undefined): Head => ({
  ...{ identity, timers, size: 0, measuredBytes: 0, measuredValues: 0 },
  ...{ position: 0, progress: undefined, progressOffset: undefined, completeAtMs: 0 },
})

export interface Timer {
  readonly at: number
  readonly key: string
}

/** The changes of one commit, or of one portion that was restored. */
export interface StoredChanges {
  /** `null`: deleted. */
  readonly values: Iterable<readonly [key: string, text: string | null]>
  /** Timers that do not hold any more; gone before `timers` are there. */
  readonly goneTimers: readonly Timer[]
  readonly timers: readonly Timer[]
}

const HEAD = 'head'
const VALUE = 'k'
const TIMER = 't'
/** A timer is its key. classic-level never frees an empty value. */
const NOTHING = '.'
const PORTION = 1_000
/** Small tables are small compactions: with 8 MB each, a write waits several times as long for the one before (docs/decisions/0018). A large log takes long to be read at the next start. */
const options = { keyEncoding: 'utf8', valueEncoding: 'utf8', writeBufferSize: 8 << 20, cacheSize: 8 << 20, maxFileSize: 2 << 20 } as const // prettier-ignore

/** True for a directory that another process has open, or this one. */
export const isLocked = (error: unknown): boolean => codesOf(error).includes('LEVEL_LOCKED')

const codesOf = (error: unknown): unknown[] =>
  error instanceof Error ? [(error as NodeJS.ErrnoException).code, ...codesOf(error.cause)] : []
const reasonOf = (error: unknown): string => messageOf(error instanceof Error ? (error.cause ?? error) : error)

/** Keys, timers by their time, and how far they go, in a LevelDB of their own. All of a change is in it, or nothing. */
export class DiskStore {
  readonly path: string
  #level: ClassicLevel
  #head: Head | undefined

  private constructor(path: string, level: ClassicLevel, head: Head | undefined) {
    this.path = path
    this.#level = level
    this.#head = head
  }

  /** @throws an error that `isLocked`, StateFault (damaged), or what the disk has refused */
  static async open(path: string): Promise<DiskStore> {
    mkdirSync(dirname(path), { recursive: true })
    const level = new ClassicLevel(path, options)
    try {
      await level.open()
    } catch (error) {
      if (isLocked(error)) throw error
      throw new StateFault('damaged', reasonOf(error), { cause: error })
    }
    const store = new DiskStore(path, level, undefined)
    try {
      const text = store.#read(HEAD)
      store.#head = text === undefined ? undefined : (JSON.parse(text) as Head)
    } catch (error) {
      await level.close()
      throw error
    }
    return store
  }

  /** Deletes a store, unless a process has it open. @throws an error that `isLocked`, or what the disk has refused */
  static async destroy(path: string): Promise<void> {
    await ClassicLevel.destroy(path)
  }

  /** Undefined: nothing was ever written. */
  get head(): Head | undefined {
    return this.#head
  }

  /** The text of a key; undefined when it has none. @throws StateFault (damaged) */
  get(key: string): string | undefined {
    return this.#read(VALUE + key)
  }

  /** Which of these keys it has. */
  has(keys: readonly string[]): Promise<boolean[]> {
    return this.#guarded(() => this.#level.hasMany(keys.map((key) => VALUE + key)))
  }

  /** @throws StateFault */
  async apply({ values, goneTimers, timers }: StoredChanges, head: Head): Promise<void> {
    const batch = this.#level.batch()
    for (const { at, key } of goneTimers) batch.del(timerKey(at, key))
    for (const { at, key } of timers) batch.put(timerKey(at, key), NOTHING)
    for (const [key, text] of values) {
      const name = VALUE + key
      if (text === null) batch.del(name)
      else batch.put(name, sealed(name, text))
    }
    batch.put(HEAD, sealed(HEAD, JSON.stringify(head)))
    await this.#guarded(() => batch.write())
    this.#head = head
  }

  /** Timers from that time on, by time. */
  async *timersFrom(at: number): AsyncGenerator<readonly Timer[]> {
    const from = at === -Infinity ? TIMER : TIMER + orderedTime(at)
    const iterator = this.#level.keys({ gte: from, lt: after(TIMER) })
    try {
      for (;;) {
        const names = await this.#guarded(() => iterator.nextv(PORTION))
        if (names.length === 0) return
        yield names.map((name) => ({ at: timeOf(name.slice(1, 17)), key: name.slice(17) }))
      }
    } finally {
      await iterator.close()
    }
  }

  async *keys(): AsyncGenerator<readonly string[]> {
    const iterator = this.#level.keys({ gte: VALUE, lt: after(VALUE) })
    try {
      for (;;) {
        const names = await this.#guarded(() => iterator.nextv(PORTION))
        if (names.length === 0) return
        yield names.map((name) => name.slice(1))
      }
    } finally {
      await iterator.close()
    }
  }

  /** Works all timers out again: `dueOf` gets the text of each key. */
  async renewTimers(
    dueOf: (key: string, text: string) => number | undefined,
    timers: string,
    onPortion: () => void,
  ): Promise<void> {
    if (!this.#head) return
    const head = { ...this.#head, timersFrom: undefined }
    await this.apply({ values: [], goneTimers: [], timers: [] }, { ...head, timers: undefined })
    await this.#guarded(() => this.#level.clear({ gte: TIMER, lt: after(TIMER) }))
    const iterator = this.#level.iterator({ gte: VALUE, lt: after(VALUE) })
    try {
      for (;;) {
        const entries = await this.#guarded(() => iterator.nextv(PORTION))
        if (entries.length === 0) break
        onPortion()
        const found = entries.flatMap(([name, value]): Timer[] => {
          const key = name.slice(1)
          const at = dueOf(key, this.#checked(name, value))
          return at === undefined ? [] : [{ at, key }]
        })
        if (found.length > 0) await this.apply({ values: [], goneTimers: [], timers: found }, { ...head, timers: undefined }) // prettier-ignore
      }
    } finally {
      await iterator.close()
    }
    await this.apply({ values: [], goneTimers: [], timers: [] }, { ...head, timers })
  }

  /** Empties it. It stays this process's. @throws an error that `isLocked` when another process was quicker, or StateFault */
  async wipe(): Promise<void> {
    await this.#level.close()
    await ClassicLevel.destroy(this.path)
    this.#level = new ClassicLevel(this.path, options)
    await this.#level.open()
    this.#head = undefined
  }

  async close(): Promise<void> {
    await this.#level.close()
  }

  #read(name: string): string | undefined {
    let value: string | undefined
    try {
      value = this.#level.getSync(name)
    } catch (error) {
      throw new StateFault('damaged', reasonOf(error), { cause: error })
    }
    return value === undefined ? undefined : this.#checked(name, value)
  }

  #checked(name: string, value: string): string {
    const text = unsealed(name, value)
    if (text === undefined) throw new StateFault('damaged', `${this.path} holds something else for ${JSON.stringify(name)} than was written`) // prettier-ignore
    return text
  }

  async #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      const kind = codesOf(error).includes('LEVEL_CORRUPTION') ? 'damaged' : 'unwritable'
      throw new StateFault(kind, `${this.path}: ${reasonOf(error)}`, { cause: error })
    }
  }
}

const timerKey = (at: number, key: string): string => TIMER + orderedTime(at) + key
/** The first text that does not begin with this character. */
const after = (prefix: string): string => String.fromCharCode(prefix.charCodeAt(0) + 1)
