import { setTimeout as sleep } from 'node:timers/promises'

export interface PollOptions {
  readonly timeoutMs: number
  readonly intervalMs?: number
  readonly signal?: AbortSignal | undefined
}

/** The first value of `probe` that is not undefined; undefined after `timeoutMs`. @throws the signal's reason */
export async function poll<Value>(
  probe: () => Value | undefined | Promise<Value | undefined>,
  { timeoutMs, intervalMs = 50, signal }: PollOptions,
): Promise<Value | undefined> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    const value = await probe()
    if (value !== undefined) return value
    if (Date.now() >= deadline) return undefined
    await pause(intervalMs, signal)
  }
}

/** @throws the signal's own reason, where the timer would throw its AbortError. */
export async function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(durationMs, undefined, signal ? { signal } : {})
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
