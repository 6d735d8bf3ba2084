/** How many events of a kind are due, and when the next one is: event i is due i × 1000 / rate ms after the start. */
export class Pacer {
  readonly #intervalMs: number
  readonly #startedAt: number

  /** `rate` in events a second, `now` in ms of a monotonic clock. */
  constructor(rate: number | 'max', now: number) {
    this.#intervalMs = rate === 'max' ? 0 : 1000 / rate
    this.#startedAt = now
  }

  /** Events due by `now`: all of them at top rate. */
  due(now: number): number {
    return this.#intervalMs === 0 ? Infinity : Math.floor((now - this.#startedAt) / this.#intervalMs) + 1
  }

  /** ms from `now` until event `i` is due. */
  waitMs(i: number, now: number): number {
    return Math.max(0, this.#startedAt + i * this.#intervalMs - now)
  }
}
