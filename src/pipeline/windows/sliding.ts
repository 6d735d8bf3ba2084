import { z } from 'zod'
import { durationMs, type Duration } from './window.ts'

/** What is kept of an event while a window may still need it. */
interface SlidingItem<Item> {
  readonly time: number
  readonly item: Item
}
/** The state of a key: its items in the order in which they came. */
export type SlidingItems<Item> = readonly SlidingItem<Item>[]

/** A window from `start` to `end`, both included, and what is in it, in the order in which it came. */
interface SlidingWindow<Item> {
  readonly start: number
  readonly end: number
  readonly items: readonly Item[]
}

/** Windows that end with an event, or begin right after one. */
export interface SlidingWindows {
  /** What `state.schema` is for items of this schema; `state.initial` is `[]`. */
  schema<Item>(item: z.ZodType<Item>): z.ZodType<SlidingItems<Item>>
  /**
   * Takes an event, as the item that is to be kept of it. `updated`: the windows that hold it or have come to be by it, earliest first.
   * Items that no window can need any more are dropped. `streamTime`: `context.eventTime` of the step.
   */
  add<Item>(items: SlidingItems<Item>, timeMs: number, streamTime: number, item: Item): {
    readonly items: SlidingItems<Item>
    readonly updated: readonly SlidingWindow<Item>[]
    readonly isLate: boolean
  } // prettier-ignore
  /** Drops items that no window can need any more. */
  prune<Item>(items: SlidingItems<Item>, streamTime: number): SlidingItems<Item>
  /** When the first item can be dropped: what `dueAt` is to return. */
  dueAt(items: SlidingItems<unknown>): number | undefined
}

/**
 * Kafka Streams' `SlidingWindows.ofTimeDifferenceAndGrace(difference, grace)`: of a key with events at the times T there are the windows
 * [t - difference, t] for each t of T, and [t + 1, t + 1 + difference] where that holds an event. An event is late when even the window after it
 * has closed: t + 1 + difference is not after the stream time less the grace; a window that has closed itself is not updated.
 * (There, windows that would begin before 1970 are one.)
 */
export function sliding(given: { readonly difference: Duration; readonly grace?: Duration }): SlidingWindows {
  const difference = durationMs('difference', given.difference, 1)
  const grace = durationMs('grace', given.grace ?? 0, 0)
  // the earliest event that is not late is at closed - difference; what precedes it in one window lies at most as far before
  const reach = grace + 2 * difference + 2
  const prune = <Item>(items: SlidingItems<Item>, streamTime: number): SlidingItems<Item> => {
    const kept = items.filter(({ time }) => time > streamTime - reach)
    return kept.length === items.length ? items : kept
  }
  return {
    schema: (item) => z.array(z.object({ time: z.int(), item })),
    add: (before, timeMs, streamTime, item) => {
      const closed = streamTime - grace
      if (timeMs + 1 + difference <= closed) return { items: prune(before, streamTime), updated: [], isLate: true }
      const items = [...before, { time: timeMs, item }]
      const had = startsOf(before, difference)
      const updated = [...startsOf(items, difference)]
        .filter((start) => start + difference > closed)
        .filter(
          (start) => (start <= timeMs && timeMs <= start + difference) || (start === timeMs + 1 && !had.has(start)),
        )
        .sort((a, b) => a - b)
        .map((start) => windowAt(items, start, start + difference))
      return { items: prune(items, streamTime), updated, isLate: false }
    },
    prune,
    dueAt: (items) => (items.length === 0 ? undefined : Math.min(...items.map(({ time }) => time)) + reach),
  }
}

/** Where the windows of these events begin. */
function startsOf(items: SlidingItems<unknown>, difference: number): Set<number> {
  const starts = new Set<number>()
  for (const { time } of items) {
    starts.add(time - difference)
    if (items.some((other) => other.time > time && other.time <= time + 1 + difference)) starts.add(time + 1)
  }
  return starts
}

const windowAt = <Item>(items: SlidingItems<Item>, start: number, end: number): SlidingWindow<Item> => ({
  start,
  end,
  items: items.filter(({ time }) => time >= start && time <= end).map(({ item }) => item),
})
