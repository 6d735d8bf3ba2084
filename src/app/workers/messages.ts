import type { WorkerEvent, WorkerSummary } from '../../runtime/run-workers.ts'

/** What a worker process tells the process that runs it, over their channel. */
export type WorkerMessage =
  | { readonly type: 'event'; readonly event: WorkerEvent }
  | { readonly type: 'summary'; readonly summary: WorkerSummary }
