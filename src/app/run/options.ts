import type { Settings } from '../../settings/resolve.ts'
import type { Log } from '../../log.ts'
import type { ProducerTracing } from '../../runtime/tracing.ts'
import type { KeptLogs } from '../log/kept.ts'
import type { FlowOptions } from '../producers.ts'
import type { SupervisorEvent } from '../workers/supervisor.ts'

export interface AllOptions extends FlowOptions {
  readonly keepData: boolean
  readonly keepInfra: boolean
  /** Delete topics on a cluster that is not payflow's own, too. */
  readonly reset: boolean
  readonly ksql: boolean
  /** Break things during the run. */
  readonly chaos: boolean
  /** End with an audit. */
  readonly audit: boolean
}

/** Where a run takes place, and who is told of it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly onEvent: (event: SupervisorEvent) => void
  readonly log: Log
  readonly logs?: KeptLogs
  readonly cwd: string
  /** Somebody looks at it: lags tell how old they are. */
  readonly watched?: boolean
  /** Of its producers; the workers' processes have their own. */
  readonly tracing?: ProducerTracing | undefined
}

/** Nothing is ever deleted on a cluster of somebody else's without `--reset`. */
export const keepsTopics = ({ brokersGiven }: Settings, { keepData, reset }: AllOptions): boolean =>
  keepData || (brokersGiven && !reset)
