import { z } from 'zod'
import type { TopicSpec } from './topics.ts'

/** The parts of a worker that make a table of an input: its newest row by key, as state. */
export interface Table<Row> {
  /** What `state.schema` is; `state.initial` is `null`. */
  readonly schema: z.ZodType<Row>
  /** The input's step: keeps the row unless the one that is there is newer. Of two rows of one time, the later to come is kept. */
  readonly newest: (row: Row, before: Row | null) => { readonly state: Row } | undefined
}

/**
 * Kafka Streams' `KTable` over a versioned store (KIP-914), of which only the newest version is read: the row of a key with the greatest time,
 * in whatever order they come. Of a topic without times it is the row that came last, which is what `KTable` is over any other store.
 */
export function table<Row>(topic: TopicSpec<Row>): Table<Row> {
  const { name, shape } = topic
  if (shape.wide) throw new Error(`Topic ${name} cannot be a table: it has a bigint field, which state cannot hold`)
  const isRow = (value: unknown): boolean => {
    try {
      const again = shape.decode(JSON.parse(shape.encode(value as Row)))
      return 'event' in again && JSON.stringify(again.event) === JSON.stringify(value)
    } catch {
      return false
    }
  }
  return {
    schema: z.custom<Row>(isRow, `not an event of ${name}`),
    newest: (row, before) => (before !== null && topic.timeOf && topic.timeOf(before) > topic.timeOf(row) ? undefined : { state: row }), // prettier-ignore
  }
}
