export const WINDOW_STEPS = 60

/** floor(timeMs / (windowMs / 60)); 0 for a window without an end. */
export function stepOf(timeMs: number, windowMs: number): number {
  if (windowMs === Infinity) return 0
  const whole = Math.floor(timeMs / windowMs)
  return whole * WINDOW_STEPS + Math.floor(((timeMs - whole * windowMs) * WINDOW_STEPS) / windowMs)
}

/** One user's failures in a window that moves with the newest of them: a ring of 60 counts. */
export class FailureWindow {
  /** Failures in the window. */
  count = 0
  /** The greatest timestamp counted, in ms. */
  newestMs = -Infinity
  readonly #windowMs: number
  readonly #ring = new Uint32Array(WINDOW_STEPS)
  #last: number | undefined

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** False for a failure that is too old to count. */
  add(timeMs: number): boolean {
    const step = stepOf(timeMs, this.#windowMs)
    const last = (this.#last ??= step)
    if (step <= last - WINDOW_STEPS) return false
    // The window leaves as many of its oldest steps behind as it moves on.
    for (let passed = last + 1; passed <= Math.min(step, last + WINDOW_STEPS); passed++) {
      this.count -= this.#ring[slot(passed)]!
      this.#ring[slot(passed)] = 0
    }
    if (step > last) this.#last = step
    this.#ring[slot(step)]!++
    this.count++
    this.newestMs = Math.max(this.newestMs, timeMs)
    return true
  }
}

const slot = (step: number): number => ((step % WINDOW_STEPS) + WINDOW_STEPS) % WINDOW_STEPS
