import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { countRecords, type Span } from './count.ts'
import { listOffsets } from './offsets.ts'
import { readPartition } from './read.ts'
import { retrying } from './retry.ts'

export interface GroupPosition {
  readonly topic: string
  readonly partition: number
  /** null: the group has no offset there. */
  readonly committed: number | null
}

export interface PartitionLag extends GroupPosition {
  /** The last stable offset. */
  readonly end: number
  /** Records that a read-committed reader would still see: commit markers and aborted records are none. */
  readonly lag: number
  /** When the first of them was written, in ms since 1970: only where it was asked for, there is one, and it has a time. */
  readonly oldestMs?: number
}

export interface LagOptions {
  readonly countedGap?: number
  readonly ages?: boolean
}

/** Above this many offsets the gap itself is taken for the lag of somebody who asks again and again. */
const COUNTED_GAP = 2_000

/**
 * What a group has still to read. Without an offset that is all that is there, from the log's start; the same when its offset lies
 * beyond the end, because the topic was re-created. `countedGap`: in a larger one the offsets are counted, not the records. `ages`: asks for
 * `oldestMs` too, which costs a fetch for each larger gap and nothing for the others.
 */
export async function lagOf(
  client: Client,
  positions: readonly GroupPosition[],
  { countedGap = COUNTED_GAP, ages = false }: LagOptions = {},
): Promise<PartitionLag[]> {
  const connection = client.shared
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, positions, 'earliest'), listOffsets(connection, positions, 'stable')]),
    { timeoutMs: 8_000 },
  )
  return Promise.all(
    positions.map(async ({ topic, partition, committed }) => {
      const start = starts.of(topic, partition) ?? 0
      const end = ends.of(topic, partition) ?? start
      const from = committed === null || committed > end ? start : Math.max(committed, start)
      const span = { topic, partition, from, to: end }
      const counted = end - from <= countedGap ? await visible(connection, span) : undefined
      const lag = counted?.count ?? end - from
      const oldestMs = ages && lag > 0 ? (counted ?? (await first(connection, span))).oldestMs : undefined
      return { topic, partition, committed, end, lag, ...(oldestMs !== undefined && { oldestMs }) }
    }),
  )
}

interface Visible {
  readonly count: number
  readonly oldestMs: number | undefined
}

async function visible(connection: Connection, span: Span): Promise<Visible> {
  let count = 0
  let oldestMs: number | undefined
  for await (const { records, firstMs } of countRecords(connection, span)) {
    count += records
    oldestMs ??= firstMs
  }
  return { count, oldestMs }
}

const LOOK_BYTES = 1 << 10

/** Reads no further than the first record that is visible. */
async function first(connection: Connection, span: Span): Promise<Pick<Visible, 'oldestMs'>> {
  for await (const { records } of readPartition(connection, { ...span, maxBytes: LOOK_BYTES })) {
    const cursor = records.cursor()
    if (cursor.next()) return { oldestMs: cursor.timestamp >= 0 ? cursor.timestamp : undefined }
  }
  return { oldestMs: undefined }
}
