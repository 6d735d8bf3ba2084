import type { Client } from '../../kafka/client.ts'
import { OffsetMap, committedOffsets } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { lastProgress } from './last-progress.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

/**
 * How far a worker has read: its group's offsets. Where the group has none any more (expired, deleted), its progress record counts: both
 * are written in the same transactions.
 */
export async function progressOf(
  client: Client,
  worker: AnyWorker,
  partitions: readonly TopicPartition[],
  signal: AbortSignal,
): Promise<OffsetMap> {
  const found = await retrying(() => committedOffsets(client.shared, groupOf(worker.name), partitions), { timeoutMs: 30_000, signal }) // prettier-ignore
  const unknown = partitions.filter(({ topic, partition }) => found.of(topic, partition) === undefined)
  for (const partition of new Set(unknown.map((at) => at.partition))) {
    const mark = (await lastProgress(client.shared, worker.name, partition, signal)).at(-1)
    const recorded = new OffsetMap(Object.entries(mark?.progress.offsets ?? {}))
    for (const at of unknown.filter((each) => each.partition === partition)) {
      const offset = recorded.of(at.topic, partition)
      if (offset !== undefined) found.set(OffsetMap.keyOf(at.topic, partition), offset)
    }
  }
  return found
}
