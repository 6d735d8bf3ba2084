import type { z } from 'zod'
import { closeWhere, durationMs, windowsOf, type Added, type Closed, type Duration, type Window, type Windows } from './window.ts' // prettier-ignore

/** Windows of one size that begin at whole multiples of `advance` since 1970: from `start`, and up to `end` but without it. */
export interface HoppingWindows {
  /** The windows that hold a time, earliest first. */
  of(timeMs: number): readonly { readonly start: number; readonly end: number }[]
  /** What `state.schema` is for values of this schema; `state.initial` is `[]`. */
  schema<Value>(value: z.ZodType<Value>): z.ZodType<Windows<Value>>
  /**
   * Takes an event of a key into each of its windows that has not closed: `fold` makes the new value of the one before, which is undefined in a
   * new window. `streamTime`: `context.eventTime` of the step.
   */
  add<Value>(windows: Windows<Value>, timeMs: number, streamTime: number, fold: (value: Value | undefined) => Value): Added<Value> // prettier-ignore
  /** Takes out the windows that take no more events. */
  close<Value>(windows: Windows<Value>, streamTime: number): Closed<Value>
  /** When the first window closes: what `dueAt` is to return. */
  dueAt(windows: Windows<unknown>): number | undefined
}

/**
 * Kafka Streams' `TimeWindows.ofSizeAndGrace(size, grace).advanceBy(advance)`: a time t lies in the windows [start, start + size) whose start is a
 * multiple of advance. A window has closed when its end is not after the stream time less the grace. (There, no window begins before 1970.)
 */
export function hopping(given: {
  readonly size: Duration
  readonly advance: Duration
  readonly grace?: Duration
}): HoppingWindows {
  const size = durationMs('size', given.size, 1)
  const advance = durationMs('advance', given.advance, 1)
  const grace = durationMs('grace', given.grace ?? 0, 0)
  if (advance > size) throw new Error(`advance must be at most size, or some events would be in no window: it is ${advance} ms, and size ${size} ms`) // prettier-ignore
  const isClosed = ({ end }: { readonly end: number }, streamTime: number): boolean => end <= streamTime - grace

  const of = (timeMs: number): { start: number; end: number }[] => {
    const last = timeMs - (((timeMs % advance) + advance) % advance)
    const found: { start: number; end: number }[] = []
    for (let start = last; start > timeMs - size; start -= advance) found.push({ start, end: start + size })
    return found.reverse()
  }

  return {
    of,
    schema: windowsOf,
    add: (windows, timeMs, streamTime, fold) => {
      const open = of(timeMs).filter((window) => !isClosed(window, streamTime))
      if (open.length === 0) return { windows, updated: [], isLate: true }
      const byStart = new Map(windows.map((window) => [window.start, window]))
      const updated = open.map(({ start, end }) => ({ start, end, value: fold(byStart.get(start)?.value) }))
      for (const window of updated) byStart.set(window.start, window)
      return { windows: [...byStart.values()].sort(byTheirStarts), updated, isLate: false }
    },
    close: (windows, streamTime) => closeWhere(windows, (window) => isClosed(window, streamTime)),
    // by their starts, and of one size: the first ends first
    dueAt: ([first]) => first && first.end + grace,
  }
}

const byTheirStarts = (a: Window<unknown>, b: Window<unknown>): number => a.start - b.start

/** Kafka Streams' `TimeWindows.ofSizeAndGrace(size, grace)`: each time lies in one window, [n × size, (n + 1) × size). */
export const tumbling = ({ size, grace = 0 }: { readonly size: Duration; readonly grace?: Duration }): HoppingWindows =>
  hopping({ size, advance: size, grace })
