/** Event time of each task: the greatest timestamp that it has processed, in ms. */
export class TaskClocks {
  readonly #least: number[] = []
  readonly #most: number[] = []

  advance(task: number, timeMs: number, required: boolean): void {
    if (required) this.#least[task] = Math.max(this.least(task), timeMs)
    this.#most[task] = Math.max(this.most(task), timeMs)
  }

  /** The least that the clock can show: without inputs that may not have been processed. */
  least(task: number): number {
    return this.#least[task] ?? -Infinity
  }

  /** The most that it can show. */
  most(task: number): number {
    return this.#most[task] ?? -Infinity
  }
}
