import type { ExecutionOptions } from '../../pipeline/worker/execution-options.ts'
import type { Progress } from './progress.ts'

/** How far a state has got in its changelog: it holds all that is committed below `position`, and nothing that is not committed. */
export interface Place {
  /** The next offset of the changelog to read. */
  readonly position: number
  /** The last progress record below it, and its offset; undefined: there is none. */
  readonly progress: Progress | undefined
  readonly progressOffset: number | undefined
  /** ms since 1970: nothing that was in the changelog then is missing. Tombstones that were written later can be trusted to be there for a while. */
  readonly completeAtMs: number
}

/** What an execution asks of it. */
type StepState = ExecutionOptions['state']

/** A place that was kept, and is to be gone on from. */
export interface StoredPlace extends Place {
  /** `delete.retention.ms` of the changelog; undefined where it may not be read. */
  readonly tombstonesMs: number | undefined
}

/**
 * The state of one task under one epoch: what steps read and change, what of it is to be committed, and where it stands in the changelog. The changelog is
 * the truth; wherever a state is kept, it can be thrown away and read from there again.
 */
export interface TaskState extends StepState {
  readonly where: 'memory' | 'disk'
  /** Keys, without what is not committed where they are on disk. */
  readonly size: number
  /** About how many bytes all of it takes as the changelog has it. */
  readonly bytes: number
  /** Where it stood when it was opened; undefined: it holds nothing. */
  readonly stored: StoredPlace | undefined
  /** What must go to the changelog; `null` is a tombstone. */
  readonly changes: ReadonlyMap<string, unknown>
  /** About how many bytes the changes take. */
  readonly changedBytes: number
  /** A value as it is written to the changelog, or was read from it. */
  measured(key: string, text: string): void
  /** Puts back what the changelog holds; `null`: it was deleted. */
  restore(key: string, value: unknown, text: string | null): void
  /** All that was restored so far is what the changelog says at `place`. @throws StateFault */
  restored(place: Place): Promise<void> | undefined
  /** Everything is restored, and steps begin. Timers that were worked out earlier, and perhaps by another rule, are worked out again; `onPortion` is called as that gets on. @throws StateFault */
  restoredWhole(onPortion: () => void): Promise<void>
  /** The changes are committed; undefined: where that is in the changelog is not known, and the last place goes on to count. @throws StateFault */
  committed(place: Place | undefined): Promise<void> | undefined
  /** Gets the next timers from the horizon on, and moves it. To be called only while nothing is uncommitted. @throws StateFault */
  loadTimers(): Promise<void>
  /** All keys, in portions. */
  keysInPortions(): AsyncIterable<Iterable<string>>
  /** Forgets everything, for it cannot be trusted: it is to be restored from the beginning. @throws StateFault */
  wipe(why: Doubt): Promise<void>
  close(): Promise<void>
}

/** Why what was kept on disk is not gone on with. */
export const doubts = [
  'another-cluster',
  'another-topic',
  'another-worker',
  'another-layout',
  'unknown-topic',
  'unknown-retention',
  'too-old',
  'ahead-of-changelog',
  'differs-from-changelog',
  'damaged',
] as const
export type Doubt = (typeof doubts)[number]

/** A state cannot go on where it is; the next epoch opens it elsewhere, or again. Nothing that is committed is lost by it. */
export class StateFault extends Error {
  override readonly name = 'StateFault'
  /** `moved`: it has become too large for memory; `damaged`: it cannot be read; `unwritable`: what it is kept on takes no more. */
  readonly kind: 'moved' | 'damaged' | 'unwritable'

  constructor(kind: StateFault['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
