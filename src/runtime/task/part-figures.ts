import type { RefusalKind } from '../../pipeline/worker/refusals.ts'
import type { Tally } from '../../pipeline/worker/tally.ts'
import type { TaskState } from '../state/task-state.ts'
import type { Input } from './input.ts'
import type { Counts, Processor } from './processor.ts'

/** What a task had in a transaction, once it is committed. */
export interface CommittedPart {
  readonly counts: Counts
  readonly reasons: Partial<Record<RefusalKind, number>>
  readonly late: number
  readonly tally: Tally | undefined
  /** Input topic → records. */
  readonly consumed: Readonly<Record<string, number>>
  /** From when it was complete until it was committed. */
  readonly ms: number
  /** What its records took to process. */
  readonly processMs: number
  /** How old the first of its records was then; undefined where it had no records, or they have no time. */
  readonly ageMs: number | undefined
  readonly state: { readonly store: 'memory' | 'disk'; readonly keys: number; readonly bytes: number } | undefined
}

/** Collects what there is to say of a task's next part, with a few readings of the clock for all its records. */
export class PartFigures {
  #processMs = 0
  #firstTimestamp: number | undefined

  /** `timestamp`: when its first record was written, in ms since 1970. */
  begin(timestamp: number | undefined): void {
    this.#firstTimestamp = timestamp
  }

  worked(ms: number): void {
    this.#processMs += ms
  }

  /** To be called as soon as the part is committed, which was complete at `startedMs`. */
  take(
    processor: Processor,
    inputs: readonly Input[],
    { startedMs, state }: { startedMs: number; state: TaskState | undefined },
  ): CommittedPart {
    const consumed: Record<string, number> = {}
    for (const input of inputs) {
      const records = input.takeCount()
      if (records > 0) consumed[input.topic] = records
    }
    const processMs = Math.round(this.#processMs * 1_000) / 1_000
    this.#processMs = 0
    return {
      counts: processor.takeCounts(),
      ...processor.takeFigures(),
      consumed,
      ms: Math.round(performance.now() - startedMs),
      processMs,
      ageMs: this.#firstTimestamp === undefined ? undefined : Math.max(0, Date.now() - this.#firstTimestamp),
      state: state && { store: state.where, keys: state.size, bytes: state.bytes },
    }
  }
}
