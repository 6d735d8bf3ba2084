import type { Client } from '../../kafka/client.ts'
import { lagOf, type PartitionLag } from '../../kafka/lag.ts'
import { committedOffsets } from '../../kafka/offsets.ts'
import type { LogPartition } from '../../kafka/partitions.ts'
import { groupOf, inboxTopic } from '../../pipeline/events/topics.ts'
import type { WatchedWorker } from './watched.ts'

/** What a worker's group has still to read of one partition. */
export interface WorkerLag extends PartitionLag {
  readonly worker: string
}

/** Topics that a worker's group reads: its inputs and its inbox. */
export const topicsReadBy = ({ name, inputs }: Pick<WatchedWorker, 'name' | 'inputs'>): string[] => [
  ...new Set([...inputs, inboxTopic(name)]),
]

/**
 * What workers' groups have still to read of these partitions, worker by worker. All are asked for together: a request for each of them, every
 * second, would cost more than the answers are worth. @throws what a broker answered
 */
export async function lagsOf(
  client: Client,
  readings: readonly { readonly worker: string; readonly partitions: readonly LogPartition[] }[],
  options: { readonly ages: boolean },
): Promise<WorkerLag[]> {
  const positions = await Promise.all(
    readings.map(async ({ worker, partitions }) => {
      if (partitions.length === 0) return []
      const committed = await committedOffsets(client.shared, groupOf(worker), partitions)
      return partitions.map((at) => ({ ...at, worker, committed: committed.of(at.topic, at.partition) ?? null }))
    }),
  )
  const asked = positions.flat()
  return (await lagOf(client, asked, options)).map((lag, i) => ({ worker: asked[i]!.worker, ...lag }))
}

/** Age of the oldest record that is not processed, in seconds: 0 without lag, undefined where it is not known. */
export function secondsBehind(
  { lag, oldestMs }: Pick<PartitionLag, 'lag' | 'oldestMs'>,
  nowMs: number,
): number | undefined {
  // prettier-ignore
  if (lag === 0) return 0
  return oldestMs === undefined ? undefined : Math.max(0, nowMs - oldestMs) / 1000
}
