/** How many steps a window moves in. */
export const STEPS = 60

/** Counts per bucket of one moving window, newest first: `counts[0]` is bucket `bucket`, `counts[1]` the one before. At most 60. */
export interface WindowCounts {
  readonly bucket: number
  readonly counts: readonly number[]
}

/**
 * floor(timeMs / (windowMs / 60)), exactly, for negative times too. A window that never ends (Infinity) has one bucket, 0.
 * windowMs: 60 .. 2^53 / 60.
 */
export function bucketOf(timeMs: number, windowMs: number): number {
  if (windowMs === Infinity) return 0
  // whole windows first: 60 × a time of any year would not be an exact number
  const rest = timeMs % windowMs
  const ofWindow = rest < 0 ? rest + windowMs : rest
  const whole = (timeMs - ofWindow) / windowMs
  const scaled = ofWindow * STEPS
  return whole * STEPS + (scaled - (scaled % windowMs)) / windowMs
}

/** Counts one event in a bucket; undefined when it is late: 60 or more buckets older than the newest. */
export function countIn(window: WindowCounts | undefined, bucket: number): WindowCounts | undefined {
  if (!window) return { bucket, counts: [1] }
  const age = window.bucket - bucket
  if (age >= STEPS) return undefined
  return age >= 0 ? { bucket: window.bucket, counts: increment(window.counts, age) } : moveOn(window, bucket)
}

/** How many events the window holds. */
export function sumOf({ counts }: WindowCounts): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}

function increment(counts: readonly number[], age: number): number[] {
  const next = counts.slice()
  while (next.length <= age) next.push(0)
  next[age]!++
  return next
}

/** The window with a first event in a newer bucket. Empty buckets at its old end are left out. */
function moveOn({ bucket: oldBucket, counts }: WindowCounts, bucket: number): WindowCounts {
  const gap = bucket - oldBucket
  const next = [1]
  if (gap < STEPS) {
    for (let i = 1; i < gap; i++) next.push(0)
    for (let i = 0; i < counts.length && next.length < STEPS; i++) next.push(counts[i]!)
    while (next.at(-1) === 0) next.pop()
  }
  return { bucket, counts: next }
}
