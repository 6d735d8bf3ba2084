import type { StoredChanges, Timer } from './disk-store.ts'

/** What a changed key was, as last committed. */
export interface Before {
  readonly existed: boolean
  readonly due: number | undefined
}

interface Counted extends StoredChanges {
  /** By how much there are more keys. */
  readonly grown: number
}

type DueOf = (value: unknown) => number | undefined

/** What a commit changes in the store. `texts`: of the changed values, as the changelog has them; `null` deletes. */
export function committedChanges(
  changed: ReadonlyMap<string, unknown>,
  before: ReadonlyMap<string, Before>,
  texts: ReadonlyMap<string, string>,
  goneTimers: Timer[],
  dueOf: DueOf,
): Counted {
  let grown = 0
  const timers: Timer[] = []
  for (const [key, { existed, due }] of before) {
    const value = changed.get(key)
    grown += (value === null ? 0 : 1) - (existed ? 1 : 0)
    const at = value === null ? undefined : dueOf(value)
    if (at === due) continue
    if (due !== undefined) goneTimers.push({ at: due, key })
    if (at !== undefined) timers.push({ at, key })
  }
  const values = [...changed].map(([key, value]) => [key, value === null ? null : texts.get(key)!] as const)
  return { values, goneTimers, timers, grown }
}

export interface RestoredValue {
  readonly value: unknown
  readonly text: string | null
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
