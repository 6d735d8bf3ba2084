import { z } from 'zod'
import { parseDuration } from '../time.ts'

/** A window of one key with what was aggregated in it; times in ms since 1970. */
export interface Window<Value> {
  readonly start: number
  readonly end: number
  readonly value: Value
}

/** The windows of a key that are kept, by their starts: what a state of windows is. */
export type Windows<Value> = readonly Window<Value>[]

/** What came of an event. */
export interface Added<Value> {
  /** The state as it is now; the same array when nothing has changed. */
  readonly windows: Windows<Value>
  /** The windows that the event has changed, as they are now. */
  readonly updated: Windows<Value>
  /** All windows of the event had closed: it counts in none. Say `late: true`, and emit it elsewhere if it is wanted. */
  readonly isLate: boolean
}

/** What `close` has found. */
export interface Closed<Value> {
  readonly closed: Windows<Value>
  /** What is left. */
  readonly windows: Windows<Value>
}

/** ms, or text such as `30s`, `10m`, `1h`, `1d`. */
export type Duration = number | string

/** @throws Error that names what is wrong */
export function durationMs(what: string, given: Duration, least: number): number {
  const ms = typeof given === 'string' ? parseDuration(given) : given
  if (ms === undefined || !Number.isSafeInteger(ms) || ms < least)
    throw new Error(`${what} must be a duration of at least ${least} ms such as "10m" or 600000, not ${JSON.stringify(given)}`) // prettier-ignore
  return ms
}

/** The schema of a state of windows, for `state.schema`. */
export const windowsOf = <Value>(value: z.ZodType<Value>): z.ZodType<Windows<Value>> =>
  z.array(z.object({ start: z.int(), end: z.int(), value }))

/** Parts windows into those that `isClosed`, and the others. */
export function closeWhere<Value>(
  windows: Windows<Value>,
  isClosed: (window: Window<Value>) => boolean,
): Closed<Value> {
  const closed = windows.filter(isClosed)
  return { closed, windows: closed.length === 0 ? windows : windows.filter((window) => !isClosed(window)) }
}
