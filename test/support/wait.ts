import { vi } from 'vitest'

/** Repeats `check` until it passes; then returns what it returned. Fails with its last error after `timeoutMs`. */
export const eventually = <Result>(
  check: () => Result | Promise<Result>,
  { timeoutMs = 30_000, intervalMs = 50 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<Result> => vi.waitFor(check, { timeout: timeoutMs, interval: intervalMs })
