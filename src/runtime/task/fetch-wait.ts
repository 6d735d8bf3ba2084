/** With as many records of each partition in an answer, and so in a transaction, waiting for more saves little. */
const ENOUGH_RECORDS = 5
/** Nobody asks a broker more often for the sake of a few records. */
const SHORTEST_MS = 40
/** Of the last answer's rate; the rest is what was known before. */
const WEIGHT = 0.3

/** What a fetch has brought. */
export interface Answer {
  readonly records: number
  /** Partitions that had any. */
  readonly partitions: number
  /** Since the request before was answered, in ms. */
  readonly elapsedMs: number
}

/** Records that each partition with any gets in a millisecond, as seen over the last answers; an answer without records tells nothing of it. */
export function rateAfter(before: number | undefined, { records, partitions, elapsedMs }: Answer): number | undefined {
  if (records === 0) return before
  const now = records / partitions / Math.max(elapsedMs, 1)
  return before === undefined ? now : before + WEIGHT * (now - before)
}

/**
 * How long a broker may wait for more before it answers, in ms: until a few records have come of each partition, so that few records do not
 * cost a transaction each, and never longer than `lingerMs`. Where many come, the shortest wait; a backlog is answered at once in any case.
 */
export function waitMs(recordsPerMs: number | undefined, lingerMs: number): number {
  const shortest = Math.min(SHORTEST_MS, lingerMs)
  if (recordsPerMs === undefined) return shortest
  return Math.round(Math.min(Math.max(ENOUGH_RECORDS / recordsPerMs, shortest), lingerMs))
}
