import type { Client } from '../../kafka/client.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import type { Aged } from '../monitor/on-demand.ts'
import { watchedOf } from '../monitor/watched.ts'
import { lagsOf, secondsBehind, topicsReadBy, type WorkerLag } from '../monitor/worker-lags.ts'
import type { Figures } from './figures.ts'

/** What was not heard for this long is not known any more: no figure is better than an old one. */
const LAG_FRESH_MS = 60_000

/** As `lagsOf`, of the same partitions of all that a worker reads. @throws what a broker answered */
export const lagsOfWorkers = (
  client: Client,
  owned: readonly { readonly worker: AnyWorker; readonly partitions: readonly number[] }[],
): Promise<WorkerLag[]> =>
  lagsOf(
    client,
    owned.map(({ worker, partitions }) => ({
      worker: worker.name,
      partitions: topicsReadBy(watchedOf(worker)).flatMap((topic) =>
        partitions.map((partition) => ({ topic, partition })),
      ),
    })),
    { ages: true },
  )

/** Shows lags as they were heard; those that are too old are taken away. */
export function showLags(
  figures: Figures,
  heard: Aged<readonly WorkerLag[]> | undefined,
  freshMs = LAG_FRESH_MS,
): void {
  figures.clear('payflow_consumer_lag_records')
  figures.clear('payflow_consumer_lag_seconds')
  if (!heard || performance.now() - heard.atMs > freshMs) return
  for (const lag of heard.value) {
    const { worker, topic, partition } = lag
    const at = { worker, topic, partition }
    figures.set('payflow_consumer_lag_records', at, lag.lag)
    const seconds = secondsBehind(lag, Date.now())
    if (seconds !== undefined) figures.set('payflow_consumer_lag_seconds', at, seconds)
  }
}
