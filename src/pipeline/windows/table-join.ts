import { z } from 'zod'
import { durationMs, type Duration } from './window.ts'

interface Timed<Value> {
  readonly time: number
  readonly value: Value
}

/** The state of a key: versions of its row, and events that wait, each by their times. */
export interface TableJoining<Row, Item> {
  readonly rows: readonly Timed<Row>[]
  readonly waiting: readonly Timed<Item>[]
}

interface Joined<Row, Item> {
  readonly state: TableJoining<Row, Item>
  /** Events whose wait is over, earliest first, each with the row of its time; null when there was none. */
  readonly joined: readonly (readonly [item: Item, row: Row | null])[]
}

/** Joins the events of one input with the rows of another as they were at the time of the event. */
export interface TableJoin {
  /** What `state.schema` is for rows and items of these schemas; `state.initial` is `{ rows: [], waiting: [] }`. */
  schema<Row, Item>(row: z.ZodType<Row>, item: z.ZodType<Item>): z.ZodType<TableJoining<Row, Item>>
  /** Takes a row that holds from this time on. One of the same time replaces the one before. `streamTime`: `context.eventTime` of the step. */
  row<Row, Item>(state: TableJoining<Row, Item>, timeMs: number, streamTime: number, row: Row): TableJoining<Row, Item>
  /** Takes an event, as the item that is to be kept of it. */
  item<Row, Item>(state: TableJoining<Row, Item>, timeMs: number, streamTime: number, item: Item): Joined<Row, Item>
  /** Joins the events whose wait is over, and drops the rows that nothing can need any more. */
  close<Row, Item>(state: TableJoining<Row, Item>, streamTime: number): Joined<Row, Item>
  /** When the first event has waited long enough: what `dueAt` is to return. */
  dueAt(state: TableJoining<unknown, unknown>): number | undefined
}

/**
 * Kafka Streams' stream-table join with `Joined.withGracePeriod(grace)` over a table that keeps `history` (KIP-914, KIP-923): an event at t waits
 * until the stream time has reached t + grace, then gets the row with the greatest time that is not after t. One that comes when its wait is over
 * is joined at once. Without grace, all are. A version of a row is dropped when the next one is not after the stream time less the history.
 * (There, a row that comes later than `history` is dropped even if it is the newest of its key.)
 */
export function joinTable(given: { readonly grace?: Duration; readonly history?: Duration } = {}): TableJoin {
  const grace = durationMs('grace', given.grace ?? 0, 0)
  const history = durationMs('history', given.history ?? grace, 0)
  if (history < grace) throw new Error(`history must be at least grace, or rows would go while events wait for them: it is ${history} ms, and grace ${grace} ms`) // prettier-ignore

  const close: TableJoin['close'] = (state, streamTime) => {
    const over = state.waiting.filter(({ time }) => time <= streamTime - grace)
    const joined = over.map(({ time, value }) => [value, rowAt(state.rows, time)] as const)
    const waiting = over.length === 0 ? state.waiting : state.waiting.slice(over.length)
    return { state: { rows: withoutOld(state.rows, streamTime - history), waiting }, joined }
  }

  return {
    schema: (row, item) => {
      const timed = (value: z.ZodType): z.ZodType => z.array(z.object({ time: z.int(), value }))
      return z.object({ rows: timed(row), waiting: timed(item) }) as never
    },
    row: ({ rows, waiting }, time, streamTime, value) => {
      const others = rows.filter((row) => row.time !== time)
      return { rows: withoutOld(inserted(others, { time, value }), streamTime - history), waiting }
    },
    // an event that comes when its wait is over is first in line with those whose wait ends now
    item: ({ rows, waiting }, time, streamTime, value) => close({ rows, waiting: inserted(waiting, { time, value }) }, streamTime), // prettier-ignore
    close,
    dueAt: ({ waiting: [first] }) => first && first.time + grace,
  }
}

/** By its time, after all of the same time. */
function inserted<Value>(all: readonly Timed<Value>[], one: Timed<Value>): readonly Timed<Value>[] {
  const after = all.findIndex(({ time }) => time > one.time)
  return all.toSpliced(after < 0 ? all.length : after, 0, one)
}

const rowAt = <Row>(rows: readonly Timed<Row>[], timeMs: number): Row | null =>
  rows.findLast(({ time }) => time <= timeMs)?.value ?? null

/** Without versions whose next one is not after `timeMs`. */
function withoutOld<Row>(rows: readonly Timed<Row>[], timeMs: number): readonly Timed<Row>[] {
  const first = rows.findLastIndex(({ time }) => time <= timeMs)
  return first > 0 ? rows.slice(first) : rows
}
