import type { Shown } from '../overview/follow.ts'
import type { Snapshot } from '../monitor/monitor.ts'
import type { ProducerProgress } from '../producers.ts'
import type { WorkerProcess } from '../workers/supervisor.ts'

/** What there is to see of a run at one moment. */
export interface Live {
  readonly snapshot: Snapshot
  /** The same and more, as `top` shows it. */
  readonly shown: Shown
  readonly producers: readonly ProducerProgress[]
  readonly processes: readonly WorkerProcess[]
  readonly seconds: number
  /** Seconds since the brokers last answered; 0 while they do. */
  readonly silentSeconds: number
}
