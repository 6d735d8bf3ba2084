import { TimerQueue } from '../../pipeline/worker/timers.ts'
import type { Timer } from './disk-store.ts'

const AHEAD = 20_000

/** The timers of the near future, out of many on disk: all of those before `horizon` are here, and perhaps none from then on. */
export class TimersAhead {
  readonly #queue = new TimerQueue()
  readonly #ahead: number
  readonly #none: boolean
  #horizon: number

  /**
   * `ahead`: how many are read at once; twice as many are kept at most. `from`: there is none on disk before that time; Infinity:
   * there will never be any.
   */
  constructor(ahead = AHEAD, from = -Infinity) {
    this.#ahead = ahead
    this.#none = from === Infinity
    this.#horizon = from
  }

  /** These are on disk now, or any (`undefined`). To be called while none is here. */
  restored(timers?: readonly Timer[]): void {
    if (!timers) this.#horizon = this.#none ? Infinity : -Infinity
    else for (const { at } of timers) if (at < this.#horizon) this.#horizon = at
  }

  /** There is none before this time, here or on disk; undefined: not known. */
  get from(): number | undefined {
    const from = this.#queue.firstAt ?? this.#horizon
    // JSON has no Infinity
    return from === -Infinity ? undefined : Math.min(from, Number.MAX_VALUE)
  }

  get horizon(): number {
    return this.#horizon
  }

  /** One that is further away is found when it is loaded. */
  add(at: number, key: string): void {
    if (at < this.#horizon) this.#queue.add(at, key)
  }

  takeUntil(now: number): Timer | undefined {
    return this.#queue.takeUntil(now)
  }

  /** Lets go of those that are far away, if they are many. All that are here must be on disk, or on their way. */
  trim(): void {
    this.#queue.keepFirst(this.#ahead, (at) => (this.#horizon = Math.min(this.#horizon, at)))
  }

  /** Takes the next ones of what is on disk from the horizon on. */
  async load(from: (at: number) => AsyncIterable<readonly Timer[]>): Promise<void> {
    let count = 0
    let last = -Infinity
    for await (const portion of from(this.#horizon))
      for (const { at, key } of portion) {
        // those of the same time are together, here or on disk
        if (count >= this.#ahead && at !== last) {
          this.#horizon = at
          return
        }
        this.#queue.add(at, key)
        count++
        last = at
      }
    this.#horizon = Infinity
  }
}
