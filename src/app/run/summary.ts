import type { FaultFigures } from '../chaos/chaos.ts'
import type { Sample } from '../monitor/monitor.ts'
import type { WorkerProcess } from '../workers/supervisor.ts'

/** What `all --json` ends with. */
export interface AllSummary {
  readonly topics: readonly { topic: string; records: number; perSecond: number }[]
  readonly workers: readonly { worker: string; lag: number; restarts: number }[]
  readonly seconds: number
  /** Seconds that each phase took; `firstDerivedRecord` counts from the start of the run. */
  readonly phases: Readonly<Record<string, number>>
  readonly chaos?: FaultFigures
}

export function summarize(
  last: Pick<Sample, 'topics' | 'workers'>,
  processes: readonly WorkerProcess[],
  { flowSeconds, seconds, phases, faults }: { flowSeconds: number; seconds: number; phases: AllSummary['phases']; faults?: FaultFigures | undefined }, // prettier-ignore
): AllSummary {
  const restarts = new Map(processes.map((process) => [process.worker, process.restarts]))
  return {
    topics: last.topics.map(({ topic, records }) => ({
      topic,
      records,
      perSecond: flowSeconds > 0 ? Math.round((records / flowSeconds) * 10) / 10 : 0,
    })),
    workers: last.workers.map(({ worker, lag }) => ({ worker, lag, restarts: restarts.get(worker) ?? 0 })),
    seconds,
    phases: { ...phases },
    ...(faults && { chaos: faults }),
  }
}
