import { z } from 'zod'
import { durationMs, type Duration } from './window.ts'

export type Side = 'left' | 'right'

interface Kept<Item> {
  readonly time: number
  readonly item: Item
  /** Whether it has met one of the other side. */
  readonly met: boolean
}

/** The state of a key: what has come of both sides, each in the order in which it came. */
export interface Joining<Left, Right> {
  readonly left: readonly Kept<Left>[]
  readonly right: readonly Kept<Right>[]
}

/** What came of an event. */
interface Joined<Left, Right> {
  readonly state: Joining<Left, Right>
  /** The event with each of the other side that it meets, in the order in which those came. */
  readonly pairs: readonly (readonly [left: Left, right: Right])[]
  /** It came when nothing could meet it any more: it is in no pair, and has left the state as it was. */
  readonly isLate: boolean
}

/** What `close` has found: events that met none of the other side, and never will. */
interface Unmatched<Left, Right> {
  readonly state: Joining<Left, Right>
  readonly left: readonly Left[]
  readonly right: readonly Right[]
}

/** Joins two inputs of one key by their times. */
export interface TimeJoin {
  /** What `state.schema` is for items of these schemas; `state.initial` is `{ left: [], right: [] }`. */
  schema<Left, Right>(left: z.ZodType<Left>, right: z.ZodType<Right>): z.ZodType<Joining<Left, Right>>
  /** Takes an event of the left input, as the item that is to be kept of it. `streamTime`: `context.eventTime` of the step. */
  left<Left, Right>(state: Joining<Left, Right>, timeMs: number, streamTime: number, item: Left): Joined<Left, Right>
  right<Left, Right>(state: Joining<Left, Right>, timeMs: number, streamTime: number, item: Right): Joined<Left, Right>
  /** Drops what nothing can meet any more, and says which of it met none: the rest of an outer join. */
  close<Left, Right>(state: Joining<Left, Right>, streamTime: number): Unmatched<Left, Right>
  /** When the first event can be dropped: what `dueAt` is to return. */
  dueAt(state: Joining<unknown, unknown>): number | undefined
}

/**
 * Kafka Streams' `JoinWindows`: events at l of the left input and r of the right one belong together when l - before <= r <= l + after, whichever
 * came first. (There, `ofTimeDifferenceAndGrace(d, grace)` is before = after = d.) An event is late when the stream time less the grace has passed
 * all times that it could meet: l + after, or r + before. Events are kept for before + after + grace, as there: until nothing that is not late can
 * meet them.
 */
export function joinWithin(given: {
  readonly before: Duration
  readonly after: Duration
  readonly grace?: Duration
}): TimeJoin {
  const before = durationMs('before', given.before, 0)
  const after = durationMs('after', given.after, 0)
  const grace = durationMs('grace', given.grace ?? 0, 0)
  const meet = (left: number, right: number): boolean => left - before <= right && right <= left + after
  const isOver = (time: number, streamTime: number): boolean => time + before + after < streamTime - grace

  return {
    schema: (left, right) => {
      const kept = (item: z.ZodType): z.ZodType => z.array(z.object({ time: z.int(), item, met: z.boolean() }))
      return z.object({ left: kept(left), right: kept(right) }) as never
    },
    left: (state, timeMs, streamTime, item) => {
      if (timeMs + after < streamTime - grace) return { state, pairs: [], isLate: true }
      const met = state.right.filter(({ time }) => meet(timeMs, time))
      const left = [...state.left, { time: timeMs, item, met: met.length > 0 }]
      return { state: { left, right: marked(state.right, met) }, pairs: met.map((other) => [item, other.item] as const), isLate: false } // prettier-ignore
    },
    right: (state, timeMs, streamTime, item) => {
      if (timeMs + before < streamTime - grace) return { state, pairs: [], isLate: true }
      const met = state.left.filter(({ time }) => meet(time, timeMs))
      const right = [...state.right, { time: timeMs, item, met: met.length > 0 }]
      return { state: { left: marked(state.left, met), right }, pairs: met.map((other) => [other.item, item] as const), isLate: false } // prettier-ignore
    },
    close: ({ left, right }, streamTime) => {
      const [leftOver, leftKept] = parted(left, ({ time }) => isOver(time, streamTime))
      const [rightOver, rightKept] = parted(right, ({ time }) => isOver(time, streamTime))
      return { state: { left: leftKept, right: rightKept }, left: lonely(leftOver), right: lonely(rightOver) }
    },
    dueAt: ({ left, right }) => {
      const times = [...left, ...right].map(({ time }) => time)
      return times.length === 0 ? undefined : Math.min(...times) + before + after + grace + 1
    },
  }
}

/** With those that have met one now. */
const marked = <Item>(all: readonly Kept<Item>[], met: readonly Kept<Item>[]): readonly Kept<Item>[] =>
  met.every((each) => each.met) ? all : all.map((each) => (met.includes(each) ? { ...each, met: true } : each))

const lonely = <Item>(over: readonly Kept<Item>[]): Item[] => over.filter(({ met }) => !met).map(({ item }) => item)

function parted<Item>(all: readonly Item[], isFirst: (item: Item) => boolean): [readonly Item[], readonly Item[]] {
  const first = all.filter(isFirst)
  return [first, first.length === 0 ? all : all.filter((item) => !isFirst(item))]
}
