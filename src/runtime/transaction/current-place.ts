import type { GroupPlace } from '../../kafka/requests.ts'

/** Where this instance stands in its group: with what the coordinator takes its offsets, until it refuses that. */
export class CurrentPlace {
  readonly #waiting = new Set<() => void>()
  #place: GroupPlace | undefined
  #refused: GroupPlace | undefined
  #isLast = false

  /** The group has given partitions, or none. */
  take(place: GroupPlace): void {
    this.#place = place
    this.#isLast = false
    this.#wake()
  }

  /** The coordinator does not take it any more, or not yet: nothing is tried before there is another one. */
  refused(place: GroupPlace): void {
    if (this.#place !== place) return
    this.#place = undefined
    this.#refused = place
  }

  /** The coordinator has just answered to it. */
  confirmed(): void {
    if (!this.#place && this.#refused) this.take(this.#refused)
  }

  /** There will be no other: the group is being left. */
  leave(): void {
    this.#isLast = true
    this.#wake()
  }

  /** Undefined: there is none, or it was refused. */
  get now(): GroupPlace | undefined {
    return this.#place
  }

  /** The place, as soon as there is one that was not refused. Undefined when there is none in time, or will be none. */
  async next(signal: AbortSignal): Promise<GroupPlace | undefined> {
    while (!this.#place && !this.#isLast && !signal.aborted)
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake)
      })
    return this.#place
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}
