import type { Client } from './client.ts'
import { countSpans, firstTimes } from './count.ts'
import { listOffsets } from './offsets.ts'
import type { LogPartition } from './partitions.ts'
import { retrying } from './retry.ts'

export interface GroupPosition extends LogPartition {
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

interface LagOptions {
  readonly countedGap?: number
  readonly ages?: boolean
}

/** Above this many offsets the gap itself is taken for the lag of somebody who asks again and again. */
const COUNTED_GAP = 2_000

/**
 * What a group has still to read. Without an offset that is all that is there, from the log's start; the same when its offset lies
 * beyond the end of the log, because the topic was re-created. One between the last stable offset and that end is of a reader that does not
 * wait for transactions: nothing is left to it. `countedGap`: in a larger one the offsets are counted, not the records. `ages`: asks for
 * `oldestMs` too, which costs a request to each broker where there are larger gaps.
 */
export async function lagOf(
  client: Client,
  positions: readonly GroupPosition[],
  { countedGap = COUNTED_GAP, ages = false }: LagOptions = {},
): Promise<PartitionLag[]> {
  const connection = client.shared
  const unknown = positions.filter(({ start }) => start === undefined)
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, unknown, 'earliest'), listOffsets(connection, positions, 'stable')]),
    { timeoutMs: 8_000 },
  )
  const ahead = positions.filter(
    ({ topic, partition, committed }) => (committed ?? 0) > (ends.of(topic, partition) ?? 0),
  )
  const logEnds = await retrying(() => listOffsets(connection, ahead, 'latest'), { timeoutMs: 8_000 })
  const found = positions.map(({ topic, partition, committed, start = starts.of(topic, partition) ?? 0 }) => {
    const end = ends.of(topic, partition) ?? start
    const isBeyond = committed !== null && committed > Math.max(end, logEnds.of(topic, partition) ?? 0)
    const from = committed === null || isBeyond ? start : Math.min(Math.max(committed, start), end)
    const lag = end - from > countedGap ? end - from : 0
    return { topic, partition, committed, from, to: end, lag, oldestMs: undefined as number | undefined }
  })
  const counted = found.filter(({ lag }) => lag === 0)
  const large = found.filter(({ lag }) => lag > 0)
  await countSpans(connection, counted, (span, { records, firstMs }) => {
    span.lag += records
    span.oldestMs ??= firstMs
  })
  if (ages) await firstTimes(connection, large, (span, firstMs) => (span.oldestMs = firstMs))
  return found.map(({ topic, partition, committed, to: end, lag, oldestMs }) => ({
    ...{ topic, partition, committed, end, lag },
    ...(ages && oldestMs !== undefined && { oldestMs }),
  }))
}
