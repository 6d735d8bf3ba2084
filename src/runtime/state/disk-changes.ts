import type { StoredChanges, Timer } from './disk-store.ts'

/** What a commit changes. */
export interface Changes {
  /** `null`: deleted. */
  readonly values: Map<string, unknown>
  /** Of the values that are not null, as the changelog has them. */
  readonly texts: [key: string, text: string][]
  /** When a key was due before; of workers without timers there are none. */
  readonly dues: Map<string, number | undefined>
  /** Timers of the store that were found not to hold any more. */
  readonly goneTimers: Timer[]
  /** By how many keys it becomes larger. */
  grown: number
}

export const noChanges = (): Changes => ({ values: new Map(), texts: [], dues: new Map(), goneTimers: [], grown: 0 })

type DueOf = (value: unknown) => number | undefined

/** What changes in the store. */
export function committedChanges({ values, texts, dues, goneTimers: found }: Changes, dueOf: DueOf): StoredChanges {
  const timers: Timer[] = []
  const goneTimers = [...found]
  const gone = new Set(found.map(({ key }) => key))
  for (const [key, due] of dues) {
    const value = values.get(key)
    const at = value === null ? undefined : dueOf(value)
    if (due !== undefined && at !== due) goneTimers.push({ at: due, key })
    // one that is as before may have been found gone in between
    if (at !== undefined && (at !== due || gone.has(key))) timers.push({ at, key })
  }
  return { values: written(values, texts), goneTimers, timers }
}

function* written(values: Changes['values'], texts: Changes['texts']): Generator<readonly [string, string | null]> {
  yield* texts
  for (const [key, value] of values) if (value === null) yield [key, null]
}

export interface RestoredValue {
  readonly value: unknown
  readonly text: string | null
}

interface Counted extends StoredChanges {
  /** By how much there are more keys. */
  readonly grown: number
}

/** What a portion of the changelog changes in the store. `had`: whether it has each of the keys. A timer that held before is found to be gone when its time has come. */
export function restoredChanges(
  found: ReadonlyMap<string, RestoredValue>,
  had: readonly boolean[],
  dueOf: DueOf,
): Counted {
  let grown = 0
  let i = 0
  const timers: Timer[] = []
  for (const [key, { value, text }] of found) {
    grown += (text === null ? 0 : 1) - (had[i++] ? 1 : 0)
    const at = text === null ? undefined : dueOf(value)
    if (at !== undefined) timers.push({ at, key })
  }
  return { values: [...found].map(([key, { text }]) => [key, text] as const), goneTimers: [], timers, grown }
}
