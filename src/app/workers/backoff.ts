export interface Backoff {
  /** Deaths in a row, none of them after a good run. */
  readonly attempt: number
  readonly delayMs: number
}

const firstDelayMs = 500
/** Brokers that are back are not to wait for workers that gave up on them. */
const longestDelayMs = 5_000
/** A process that ran this long ran well: its next death counts as the first. */
const goodRunMs = 30_000

/** How long to wait before a process that died after `ranMs` is started again: doubling, up to five seconds. */
export function nextBackoff(previous: Backoff | undefined, ranMs: number): Backoff {
  const attempt = previous === undefined || ranMs >= goodRunMs ? 1 : previous.attempt + 1
  return { attempt, delayMs: Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs) }
}
