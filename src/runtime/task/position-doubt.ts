import { PositionError } from './position-errors.ts'

/** A broker that wakes up may take itself for a leader until it hears of its successor, and then lacks what was written since. */
const BEHIND_MS = 5_000

/** What contradicts a task's position, until it is believed. */
export class PositionDoubt {
  #finding: string | undefined
  #sinceMs = 0

  /** Whether a new epoch has to find the same before it is believed: another owner may have gone on since this one restored, and a broker may be behind. */
  doubts(error: unknown, nowMs: number): boolean {
    if (!(error instanceof PositionError)) return false
    if (error.finding === this.#finding) return error.isBeyondEnd && nowMs - this.#sinceMs < BEHIND_MS
    this.#finding = error.finding
    this.#sinceMs = nowMs
    return true
  }

  /** A position was found. */
  clear(): void {
    this.#finding = undefined
  }
}
