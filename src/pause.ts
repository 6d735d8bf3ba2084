import { setTimeout as sleep } from 'node:timers/promises'

/** Passes after `ms` or when `signal` is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

/** Asked again after something was awaited: the compiler takes `signal.aborted` to be what it was before. */
export const isAborted = (signal: AbortSignal): boolean => signal.aborted

/** @throws AbortError when the signal is aborted first: what becomes of the promise then concerns nobody */
export async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  let stop: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop)
  })
  try {
    await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    promise.catch(() => undefined)
  }
}
