import { setTimeout as sleep } from 'node:timers/promises'
import { classify } from './errors.ts'

export interface RetryOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly firstDelayMs?: number
  readonly maxDelayMs?: number
  /** Told each error after which it is tried again. */
  readonly onRetry?: ((error: unknown) => void) | undefined
}

/** Repeats `attempt` while its error is retriable and `timeoutMs` are not over; then throws the last error. */
export async function retrying<Result>(attempt: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { timeoutMs, signal, firstDelayMs = 20, maxDelayMs = 500, onRetry } = options
  const deadline = performance.now() + timeoutMs
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (classify(error) !== 'retriable' || performance.now() + delayMs > deadline) throw error
      onRetry?.(error)
    }
    await sleep(delayMs, undefined, signal ? { signal } : {})
  }
}
