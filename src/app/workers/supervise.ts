import type { Log } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { KeptLogs } from '../log/kept.ts'
import type { AllMetrics } from '../metrics/all-metrics.ts'
import { Supervisor, workerCommand, type SupervisorEvent } from './supervisor.ts'

export interface SuperviseOptions {
  readonly env: NodeJS.ProcessEnv
  /** What follows `payflow worker` on the command line of a worker. */
  readonly wordsOf?: (worker: string) => readonly string[]
  readonly onEvent: (event: SupervisorEvent) => void
  readonly log: Log
  readonly logs?: KeptLogs | undefined
  /** Is told what the processes count. */
  readonly metrics?: AllMetrics | undefined
}

/** A supervisor for processes of workers. None is started yet. */
export function supervise(
  settings: Settings,
  { env, wordsOf = (worker) => [worker], onEvent, log, logs, metrics }: SuperviseOptions,
): Supervisor {
  const commandOf = workerCommand(settings, env, wordsOf, { figures: metrics !== undefined, logs })
  return new Supervisor(commandOf, {
    log,
    onFigures: metrics?.onFigures,
    onEvent: (event) => {
      if (event.kind === 'died') metrics?.died(event.worker, event.retryMs !== undefined)
      onEvent(event)
    },
  })
}
