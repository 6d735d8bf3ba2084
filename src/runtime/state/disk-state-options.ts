import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import type { DiskStore } from './disk-store.ts'
import type { Doubt } from './task-state.ts'
import type { Identity } from './trust.ts'

export interface DiskStateOptions {
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly store: DiskStore
  readonly identity: Identity
  readonly tombstonesMs: number | undefined
  /** With what the times of timers are worked out; undefined: nobody can say. */
  readonly timers: string | undefined
  /** About how many bytes of values may be kept in memory. */
  readonly cacheBytes: () => number
  /** How many timers are read at once; twice as many are kept in memory at most, but those of one time together. */
  readonly timersAhead?: number
  /** Told of a doubt for which everything was thrown away. */
  readonly onWiped: (why: Doubt) => void
  /** A write has failed: the next commit will say so, but perhaps none comes. */
  readonly onFault: (fault: Error) => void
}
