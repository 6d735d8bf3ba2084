import type { Connection } from './connection.ts'
import { readPartition } from './read.ts'
import type { FetchArgs } from './records.ts'
import type { TopicPartition } from './partitions.ts'

export interface Placed extends TopicPartition {
  readonly offset: number
  /** ms since 1970; -1 when the record has none. */
  readonly timestampMs: number
}

export interface NewestWish extends TopicPartition {
  /** First offset of the partition. */
  readonly start: number
  /** Where to look back from: not beyond the end that its reader sees. */
  readonly end: number
  readonly count: number
  readonly isolation: FetchArgs['isolation']
  readonly signal?: AbortSignal
}

/** Offsets that a marker or two may take, beside the records. */
const SPARE = 16
const GROWTH = 4

/**
 * The newest records of a partition, oldest first: `count` of those that a reader sees. Markers of transactions, aborted records and those that
 * were compacted away take offsets too, so that it looks back in ever larger steps until it has enough.
 */
export async function newestRecords(connection: Connection, wish: NewestWish): Promise<Placed[]> {
  const { topic, partition, start, count, isolation, signal } = wish
  let found: Placed[] = []
  let to = wish.end
  for (let step = count + SPARE; to > start && found.length < count; step *= GROWTH) {
    const from = Math.max(start, to - step)
    const older: Placed[] = []
    for await (const { records } of readPartition(connection, { topic, partition, from, to, isolation, signal }))
      for (const cursor = records.cursor(); cursor.next() && cursor.offset < to;)
        if (cursor.offset >= from)
          older.push({ topic, partition, offset: cursor.offset, timestampMs: cursor.timestamp })
    found = [...older, ...found].slice(-count)
    to = from
  }
  return found
}
