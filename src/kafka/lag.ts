import type { Client } from './client.ts'
import { countSpans } from './count.ts'
import { listOffsets } from './offsets.ts'
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
}

/** Above this many offsets the gap itself is taken for the lag of somebody who asks again and again. */
const COUNTED_GAP = 2_000

/**
 * What a group has still to read. Without an offset that is all that is there, from the log's start; the same when its offset lies
 * beyond the end, because the topic was re-created. `countedGap`: in a larger one the offsets are counted, not the records.
 */
export async function lagOf(
  client: Client,
  positions: readonly GroupPosition[],
  { countedGap = COUNTED_GAP }: { countedGap?: number } = {},
): Promise<PartitionLag[]> {
  const connection = client.shared
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, positions, 'earliest'), listOffsets(connection, positions, 'stable')]),
    { timeoutMs: 8_000 },
  )
  const found = positions.map(({ topic, partition, committed }) => {
    const start = starts.of(topic, partition) ?? 0
    const end = ends.of(topic, partition) ?? start
    const from = committed === null || committed > end ? start : Math.max(committed, start)
    return { topic, partition, committed, from, to: end, lag: end - from > countedGap ? end - from : 0 }
  })
  const counted = found.filter(({ lag }) => lag === 0)
  await countSpans(connection, counted, (span, { records }) => (span.lag += records))
  return found.map(({ topic, partition, committed, to: end, lag }) => ({ topic, partition, committed, end, lag }))
}
