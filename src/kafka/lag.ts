import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { listOffsets } from './offsets.ts'
import { readPartition } from './read.ts'
import { retrying } from './retry.ts'

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  readonly committed: number
  /** The last stable offset. */
  readonly end: number
  /** Records between the two that a read-committed reader sees: commit markers and aborted records are none. */
  readonly lag: number
}

/** Above this many offsets the gap itself is taken for the lag: what is not a record in it no longer matters. */
const COUNTED_GAP = 2_000

export async function lagOf(
  client: Client,
  positions: readonly { topic: string; partition: number; committed: number }[],
): Promise<PartitionLag[]> {
  const connection = client.shared
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, positions, 'earliest'), listOffsets(connection, positions, 'stable')]),
    { timeoutMs: 8_000 },
  )
  return Promise.all(
    positions.map(async ({ topic, partition, committed }) => {
      const end = ends.of(topic, partition) ?? committed
      const from = Math.max(committed, starts.of(topic, partition) ?? 0)
      return { topic, partition, committed, end, lag: await visible(connection, topic, partition, from, end) }
    }),
  )
}

async function visible(
  connection: Connection,
  topic: string,
  partition: number,
  from: number,
  to: number,
): Promise<number> {
  if (to <= from) return 0
  if (to - from > COUNTED_GAP) return to - from
  let count = 0
  for await (const { records } of readPartition(connection, { topic, partition, from, to }))
    for (const cursor = records.cursor(); cursor.next();) if (cursor.offset < to) count++
  return count
}
