import type { z } from 'zod'
import { closeWhere, durationMs, windowsOf, type Added, type Closed, type Duration, type Windows } from './window.ts'

/** How the values of sessions change. */
interface SessionFold<Value> {
  /** The value with one more event; undefined is that of a new session. */
  readonly add: (value: Value | undefined) => Value
  /** That of two sessions that an event has joined, the earlier one first. */
  readonly merge: (earlier: Value, later: Value) => Value
}

interface AddedToSession<Value> extends Added<Value> {
  /** Sessions that are no more, because they are part of the updated one: results of theirs are void. */
  readonly merged: Windows<Value>
}

/** Events of a key that follow each other within a gap; a session lasts from its first event to its last, both included. */
export interface SessionWindows {
  /** What `state.schema` is for values of this schema; `state.initial` is `[]`. */
  schema<Value>(value: z.ZodType<Value>): z.ZodType<Windows<Value>>
  /** Takes an event into the session that it belongs to, joining those that it connects. `streamTime`: `context.eventTime` of the step. */
  add<Value>(
    windows: Windows<Value>,
    timeMs: number,
    streamTime: number,
    fold: SessionFold<Value>,
  ): AddedToSession<Value>
  /** Takes out the sessions that take no more events. */
  close<Value>(windows: Windows<Value>, streamTime: number): Closed<Value>
  /** When the first session closes: what `dueAt` is to return. */
  dueAt(windows: Windows<unknown>): number | undefined
}

/**
 * Kafka Streams' `SessionWindows.ofInactivityGapAndGrace(gap, grace)`: an event at t joins the sessions that end at t - gap or later and begin at
 * t + gap or earlier. What comes of it is refused as late when it ends before the stream time less grace and gap.
 */
export function session(given: { readonly gap: Duration; readonly grace?: Duration }): SessionWindows {
  const gap = durationMs('gap', given.gap, 1)
  const grace = durationMs('grace', given.grace ?? 0, 0)
  const isClosed = (end: number, streamTime: number): boolean => end < streamTime - grace - gap
  return {
    schema: windowsOf,
    add: (windows, timeMs, streamTime, { add, merge }) => {
      const joined = windows.filter(({ start, end }) => end >= timeMs - gap && start <= timeMs + gap)
      const start = Math.min(timeMs, ...joined.map((each) => each.start))
      const end = Math.max(timeMs, ...joined.map((each) => each.end))
      if (isClosed(end, streamTime)) return { windows, updated: [], merged: [], isLate: true }
      const [first, ...more] = joined
      const before = first && more.reduce((value, each) => merge(value, each.value), first.value)
      const window = { start, end, value: add(before) }
      const others = windows.filter((each) => !joined.includes(each))
      const after = others.findIndex((each) => each.start > start)
      return {
        windows: others.toSpliced(after < 0 ? others.length : after, 0, window),
        updated: [window],
        merged: joined.filter((each) => each.start !== start || each.end !== end),
        isLate: false,
      }
    },
    close: (windows, streamTime) => closeWhere(windows, ({ end }) => isClosed(end, streamTime)),
    // sessions of a key do not touch: the first ends first
    dueAt: ([first]) => first && first.end + gap + grace + 1,
  }
}
