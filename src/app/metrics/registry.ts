import { Registry, collectDefaultMetrics, type Metric } from 'prom-client'
import { familyNames, familyOf, type FamilyName } from './families.ts'
import type { Figures, Series } from './figures.ts'

/** What a scrape is answered with. */
export interface Exposition {
  readonly contentType: string
  readonly text: () => Promise<string>
}

/** `refresh` brings the figures up to date before they are read. Node's own metrics are beside them. */
export function exposition(figures: Figures, refresh: () => Promise<void>): Exposition {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of familyNames) registry.registerMetric(metricOf(name, figures))
  return {
    contentType: registry.contentType,
    text: async () => {
      await refresh()
      return registry.metrics()
    },
  }
}

interface Sample {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What prom-client asks of a metric; its types want one of its own classes. Those of a histogram cannot be set, only observed. */
function metricOf(name: FamilyName, figures: Figures): Metric {
  const { type, help, labels } = familyOf(name)
  const get = (): Promise<object> =>
    Promise.resolve({
      name,
      help,
      type,
      aggregator: 'sum',
      values: figures.of(name).flatMap((series) => (type === 'histogram' ? histogram(name, series) : [series])),
    })
  return { name, help, type, labelNames: labels, get, reset: () => undefined } as unknown as Metric
}

function histogram(name: FamilyName, { labels, value, counts = [] }: Series): Sample[] {
  const { buckets = [] } = familyOf(name)
  let total = 0
  const bounds = counts.map((count, i): Sample => {
    total += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: buckets[i] ?? '+Inf' }, value: total }
  })
  return [
    ...bounds,
    { metricName: `${name}_sum`, labels, value },
    { metricName: `${name}_count`, labels, value: total },
  ]
}
