import type { Client } from '../../kafka/client.ts'
import { OffsetMap, committedOffsets, listOffsets } from '../../kafka/offsets.ts'
import { readPartition } from '../../kafka/read.ts'
import { retrying } from '../../kafka/retry.ts'
import { groupOf, stateTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { PROGRESS_KEY, type Progress } from '../../runtime/state/changelog.ts'
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
    const recorded = await recordedProgress(client, stateTopic(worker.name), partition, signal)
    for (const at of unknown.filter((each) => each.partition === partition)) {
      const offset = recorded.of(at.topic, partition)
      if (offset !== undefined) found.set(OffsetMap.keyOf(at.topic, partition), offset)
    }
  }
  return found
}

async function recordedProgress(
  client: Client,
  topic: string,
  partition: number,
  signal: AbortSignal,
): Promise<OffsetMap> {
  const connection = client.shared
  const at = [{ topic, partition }]
  if ((await connection.partitions(topic)) <= partition) return new OffsetMap()
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, at, 'earliest'), listOffsets(connection, at, 'stable')]),
    { timeoutMs: 30_000, signal },
  )
  const [from, to] = [starts.of(topic, partition) ?? 0, ends.of(topic, partition) ?? 0]
  let progress: Progress | undefined
  for await (const { records } of readPartition(connection, { topic, partition, from, to, signal }))
    for (const cursor = records.cursor(); cursor.next();) {
      const text = cursor.keyText() === PROGRESS_KEY ? cursor.valueText() : null
      if (text !== null) progress = JSON.parse(text) as Progress
    }
  return new OffsetMap(Object.entries(progress?.offsets ?? {}))
}
