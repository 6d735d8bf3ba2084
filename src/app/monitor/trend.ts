import type { Trend } from './model.ts'

export interface LagPoint {
  /** Of a clock that only goes forward. */
  readonly atMs: number
  readonly lag: number
}

export interface LagTrend {
  readonly trend: Trend
  /** Until nothing is left, at this pace; null unless it is draining. */
  readonly secondsToEmpty: number | null
}

/** A change below this share of the lag, over all the points, is noise. */
const NOISE_SHARE = 0.05
const NOISE_RECORDS = 20

/** Which way a lag goes, by the straight line that fits its points best (least squares). */
export function trendOf(points: readonly LagPoint[]): LagTrend {
  const last = points.at(-1)
  const first = points[0]
  if (!first || !last || last.lag < NOISE_RECORDS || points.length < 3) return { trend: 'steady', secondsToEmpty: null }
  const perMs = slopeOf(points)
  const change = perMs * (last.atMs - first.atMs)
  const highest = Math.max(...points.map(({ lag }) => lag))
  if (Math.abs(change) < Math.max(NOISE_RECORDS, highest * NOISE_SHARE))
    return { trend: 'steady', secondsToEmpty: null }
  if (change > 0) return { trend: 'growing', secondsToEmpty: null }
  return { trend: 'draining', secondsToEmpty: last.lag / -perMs / 1000 }
}

function slopeOf(points: readonly LagPoint[]): number {
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const atMs = meanOf(points.map((point) => point.atMs))
  const lag = meanOf(points.map((point) => point.lag))
  let [above, below] = [0, 0]
  for (const point of points) {
    above += (point.atMs - atMs) * (point.lag - lag)
    below += (point.atMs - atMs) ** 2
  }
  return below === 0 ? 0 : above / below
}
