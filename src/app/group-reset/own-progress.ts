import type { Client } from '../../kafka/client.ts'
import { OffsetMap } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { lastProgress, type ProgressMark } from '../../runtime/state/last-progress.ts'
import { standings } from '../../runtime/task/positions.ts'
import type { Standing } from '../../runtime/task/position-table.ts'

interface OwnProgress {
  /** By `topic/partition`, without the group's offset. */
  readonly standings: ReadonlyMap<string, Standing>
  readonly marks: readonly (readonly ProgressMark[])[]
}

/** What a worker's progress records say of those of these partitions that it reads. */
export async function ownProgress(
  client: Client,
  worker: AnyWorker,
  partitions: readonly TopicPartition[],
  signal: AbortSignal,
): Promise<OwnProgress> {
  const inbox = inboxTopic(worker.name)
  const reads = new Set([inbox, ...Object.values(worker.inputs).map(({ name }) => name)])
  const own = partitions.filter(({ topic }) => reads.has(topic))
  const found = new Map<string, Standing>()
  const marks: ProgressMark[][] = []
  for (const number of new Set(own.map(({ partition }) => partition))) {
    const of = await lastProgress(client.shared, worker.name, number, signal)
    marks.push(of)
    const sources = own
      .filter(({ partition }) => partition === number)
      .map(({ topic, partition }) => ({ topic, partition, isInbox: topic === inbox }))
    const known = { committed: new OffsetMap(), progress: of.at(-1)?.progress }
    const all = await standings(client.shared, { worker, sources, signal }, known)
    sources.forEach(({ topic, partition }, i) => found.set(OffsetMap.keyOf(topic, partition), all[i]!))
  }
  return { standings: found, marks }
}
