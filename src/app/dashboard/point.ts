import type { Overview } from '../monitor/observer.ts'
import type { LatencyView, Point } from './model.ts'

/** What the charts remember of a moment. */
export function pointOf({ atMs, topics, workers }: Overview, latency: LatencyView | null): Point {
  return {
    atMs,
    values: {
      ...Object.fromEntries(topics.map(({ topic, perSecond }) => [`rate:${topic}`, rounded(perSecond)])),
      ...Object.fromEntries(workers.map(({ worker, lag }) => [`lag:${worker}`, lag])),
      ...Object.fromEntries(workers.map(({ worker, lagSeconds }) => [`seconds:${worker}`, lagSeconds])),
      'latency:p50': latency?.p50Ms ?? null,
      'latency:p99': latency?.p99Ms ?? null,
    },
  }
}

const rounded = (figure: number | null): number | null => (figure === null ? null : Math.round(figure * 10) / 10)
