import { WINDOW_STEPS, stepOf } from './failure-window.ts'
import type { FoundOutput } from './rule.ts'

interface Warning {
  readonly count: number
  readonly newestMs: number
  readonly record: FoundOutput
}

/**
 * One user whose failures were taken in an order that is not known. What holds in every order: the newest failure never becomes older, the
 * count rises by one at most, and by exactly one while the newest failure stays in its step; no event counts more than its window holds.
 * When no failure can have been too late and none can have left the window, every event but the timestamps in between is known.
 */
export class FailureLimits {
  readonly #windowMs: number
  readonly #threshold: number
  readonly #steps = new Map<number, number>()
  readonly #times = new Set<number>()
  readonly #warnings: Warning[] = []
  #required = 0
  #all = 0

  constructor(windowMs: number, threshold: number) {
    this.#windowMs = windowMs
    this.#threshold = threshold
  }

  add(timeMs: number, required: boolean): void {
    const step = stepOf(timeMs, this.#windowMs)
    this.#steps.set(step, (this.#steps.get(step) ?? 0) + 1)
    this.#times.add(timeMs)
    this.#all++
    if (required) this.#required++
  }

  warn(record: FoundOutput, count: number, newestMs: number): void {
    this.#warnings.push({ record, count, newestMs })
  }

  /** Events that must be there at least, and those that are wrong. */
  findings(): { least: number; found: number; wrong: { record: FoundOutput; note: string }[] } {
    const whole = this.#isWhole()
    const most = Math.max(0, this.#all - this.#threshold)
    const wrong: { record: FoundOutput; note: string }[] = []
    let before: Warning | undefined
    for (const [i, warning] of this.#warnings.entries()) {
      const note =
        i - wrong.length >= most ? 'there are not that many failures' : this.#wrongWith(warning, before, whole)
      if (note === undefined) before = warning
      else wrong.push({ record: warning.record, note })
    }
    const least = whole ? Math.max(0, this.#required - this.#threshold) : 0
    return { least, found: this.#warnings.length, wrong }
  }

  /** All failures lie within one window. */
  #isWhole(): boolean {
    let [first, last] = [Infinity, -Infinity]
    for (const step of this.#steps.keys()) [first, last] = [Math.min(first, step), Math.max(last, step)]
    return last - first < WINDOW_STEPS
  }

  #wrongWith({ count, newestMs }: Warning, before: Warning | undefined, whole: boolean): string | undefined {
    if (count <= this.#threshold) return `${count} is not more than ${this.#threshold}`
    if (!this.#times.has(newestMs)) return 'no failure of its user has this timestamp'
    if (before && newestMs < before.newestMs) return 'an event before it has a newer failure'
    const step = stepOf(newestMs, this.#windowMs)
    if (count > this.#within(step)) return `the window ends with ${this.#within(step)} failures in it`
    const next = before ? before.count + 1 : this.#threshold + 1
    const still = whole || (before !== undefined && stepOf(before.newestMs, this.#windowMs) === step)
    if (count > next || (still && count !== next)) return `the count must be ${still ? '' : 'at most '}${next}`
    return undefined
  }

  #within(last: number): number {
    let count = 0
    for (let step = last - WINDOW_STEPS + 1; step <= last; step++) count += this.#steps.get(step) ?? 0
    return count
  }
}
