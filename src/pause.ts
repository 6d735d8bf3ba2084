import { setTimeout as sleep } from 'node:timers/promises'

/** Passes after `ms` or when `signal` is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

/** Asked again after something was awaited: the compiler takes `signal.aborted` to be what it was before. */
export const isAborted = (signal: AbortSignal): boolean => signal.aborted
