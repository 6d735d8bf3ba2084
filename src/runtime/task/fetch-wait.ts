/** With as many records of each partition in an answer, and so in a transaction, waiting for more saves little. */
const ENOUGH_RECORDS = 5
/** Nobody asks a broker more often for the sake of a few records. */
const SHORTEST_MS = 40
/** Each partition in a transaction costs its brokers several writes. From as many on, the longest wait grows with their number. */
const MANY_PARTITIONS = 20
/** And up to so many times the linger. */
const LONGEST = 2.5
/** Of the last answer; the rest is what was known before. */
const WEIGHT = 0.3

/** What a fetch has brought. */
export interface Answer {
  readonly records: number
  /** Partitions that had any. */
  readonly partitions: number
  /** Since the request before was answered, in ms. */
  readonly elapsedMs: number
}

/** How records come, as seen over the last answers. */
export interface Flow {
  /** Records that each partition with any gets in a millisecond. */
  readonly perMs: number
  /** Partitions in an answer that had any. */
  readonly partitions: number
}

/** An answer without records tells nothing of it. */
export function flowAfter(before: Flow | undefined, { records, partitions, elapsedMs }: Answer): Flow | undefined {
  if (records === 0) return before
  const perMs = records / partitions / Math.max(elapsedMs, 1)
  if (before === undefined) return { perMs, partitions }
  return { perMs: mean(before.perMs, perMs), partitions: mean(before.partitions, partitions) }
}

const mean = (before: number, now: number): number => before + WEIGHT * (now - before)

/**
 * How long to wait for more records between two fetches, in ms: until a few have come of each partition, so that few records do not cost a
 * transaction each, and never longer than `lingerMs`, or 2.5 times that where they are spread over many partitions. Where many come, the shortest
 * wait. Nobody waits while there is a backlog.
 */
export function waitMs(flow: Flow | undefined, lingerMs: number): number {
  const shortest = Math.min(SHORTEST_MS, lingerMs)
  if (flow === undefined) return shortest
  const longest = lingerMs * Math.min(Math.max(flow.partitions / MANY_PARTITIONS, 1), LONGEST)
  return Math.round(Math.min(Math.max(ENOUGH_RECORDS / flow.perMs, shortest), longest))
}
