import type { Client } from '../../kafka/client.ts'
import { lagOf } from '../../kafka/lag.ts'
import { committedOffsets } from '../../kafka/offsets.ts'
import { groupOf, inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import type { WorkerLag } from '../monitor/monitor.ts'
import type { Aged } from '../monitor/on-demand.ts'
import type { Figures } from './figures.ts'

/** What was not heard for this long is not known any more: no figure is better than an old one. */
const FRESH_MS = 60_000

/** What the workers' groups have still to read of these partitions of their inputs and inboxes. @throws what a broker answered */
export async function lagsOf(
  client: Client,
  owned: readonly { readonly worker: AnyWorker; readonly partitions: readonly number[] }[],
): Promise<WorkerLag[]> {
  const found = await Promise.all(
    owned.map(async ({ worker: { name: worker, inputs }, partitions }) => {
      if (partitions.length === 0) return []
      const topics = [...Object.values(inputs).map(({ name }) => name), inboxTopic(worker)]
      const all = topics.flatMap((topic) => partitions.map((partition) => ({ topic, partition })))
      const committed = await committedOffsets(client.shared, groupOf(worker), all)
      const positions = all.map((at) => ({ ...at, committed: committed.of(at.topic, at.partition) ?? null }))
      return (await lagOf(client, positions, { ages: true })).map((lag) => ({ worker, ...lag }))
    }),
  )
  return found.flat()
}

/** Shows lags as they were heard; those that are too old are taken away. */
export function showLags(figures: Figures, heard: Aged<readonly WorkerLag[]> | undefined): void {
  figures.clear('payflow_consumer_lag_records')
  figures.clear('payflow_consumer_lag_seconds')
  if (!heard || performance.now() - heard.atMs > FRESH_MS) return
  for (const { worker, topic, partition, lag, oldestMs } of heard.value) {
    const at = { worker, topic, partition }
    figures.set('payflow_consumer_lag_records', at, lag)
    const seconds = lag === 0 ? 0 : oldestMs === undefined ? undefined : Math.max(0, Date.now() - oldestMs) / 1000
    if (seconds !== undefined) figures.set('payflow_consumer_lag_seconds', at, seconds)
  }
}
