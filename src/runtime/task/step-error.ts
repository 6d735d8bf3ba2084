import { formatTimestamp } from '../../pipeline/time.ts'
import type { Origin } from '../../pipeline/worker/origin-headers.ts'

/** An exception out of a worker's own code: a bug there, never bad input. */
export class StepError extends Error {
  override readonly name = 'StepError'
  readonly worker: string

  /** `at`: where it was; see `atRecord` and `atEventTime`. */
  constructor(worker: string, step: string, at: string, cause: unknown) {
    super(`${step} of worker ${worker} failed at ${at}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.worker = worker
  }
}

/** The record whose step it was, or that made a timer fire. */
export const atRecord = ({ topic, partition, offset }: Origin): string => `${topic}/${partition}, offset ${offset}`

/** A timer that fires long after its record. */
export const atEventTime = (partition: number, eventTimeMs: number): string =>
  `partition ${partition}, event time ${formatTimestamp(eventTimeMs)}`
