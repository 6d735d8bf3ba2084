import type { AnyWorker } from '../worker/definition.ts'
import { aggregatedRevenueWorker } from './aggregated-revenue.ts'
import { failedPaymentsWorker } from './failed-payments.ts'
import { frequentFailedPaymentsWorker } from './frequent-failed-payments.ts'
import { largeOrdersWorker } from './large-orders.ts'
import { processOrdersWorker } from './process-orders.ts'
import { processPaymentsWorker } from './process-payments.ts'

/** Every built-in worker, in the order of lists: what `all` and `worker all` run. A new one is a file and a line here. */
export const defaultWorkers: readonly AnyWorker[] = [
  failedPaymentsWorker,
  largeOrdersWorker,
  aggregatedRevenueWorker,
  frequentFailedPaymentsWorker,
  processOrdersWorker,
  processPaymentsWorker,
]

export const findWorker = (name: string): AnyWorker | undefined => defaultWorkers.find((worker) => worker.name === name)
