import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilDone<Look> {
  /** One look at how far things are; undefined where nobody could tell, such as brokers that are away for a moment. */
  readonly look: () => Promise<Look | undefined>
  readonly isDone: (now: Look, before: Look | undefined) => boolean
  /** Whatever changes while things move, as text. */
  readonly progressOf: (now: Look) => string
  /** How long nothing may move, in ms. */
  readonly patienceMs: number
  readonly intervalMs: number
  /** What is thrown then. */
  readonly stuck: (last: Look | undefined) => Error
  readonly signal: AbortSignal
  /** Called with each look and how long nothing has moved, in ms. */
  readonly onLook?: (now: Look, stillMs: number) => void
}

/** Looks until one is done, and returns it. @throws what `look` throws, what `stuck` makes when nothing moves any more, or the signal's reason */
export async function untilDone<Look>(options: UntilDone<Look>): Promise<Look> {
  const { look, isDone, progressOf, patienceMs, intervalMs, stuck, signal, onLook } = options
  let before: Look | undefined
  let progress: string | undefined
  let movedAt = performance.now()
  for (;;) {
    signal.throwIfAborted()
    const now = await look()
    if (now !== undefined) {
      const moved = progressOf(now)
      if (moved !== progress) movedAt = performance.now()
      progress = moved
      onLook?.(now, performance.now() - movedAt)
      if (isDone(now, before)) return now
      before = now
    }
    if (performance.now() - movedAt > patienceMs) throw stuck(before)
    await sleep(intervalMs, undefined, { signal })
  }
}
