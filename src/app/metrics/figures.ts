import { z } from 'zod'
import { familyNames, familyOf, isFamily, type CounterName, type FamilyName, type GaugeName, type HistogramName, type LabelsOf } from './families.ts' // prettier-ignore

type Labels = Readonly<Record<string, string | number>>

/** A counter's or gauge's value, or a histogram's counts by bucket (not cumulative; the last is the infinite one) and sum. */
export interface Series {
  readonly labels: Record<string, string | number>
  value: number
  counts?: number[]
}

const seriesSchema = z.object({
  labels: z.record(z.string(), z.union([z.string(), z.number()])),
  value: z.number(),
  counts: z.array(z.number()).optional(),
})
/** What came since the last delta of counters and histograms, and all gauges. Names that the reader does not know are left out. */
export const deltaSchema = z.record(z.string(), z.array(seriesSchema))
export type Delta = z.infer<typeof deltaSchema>

/** Figures of a process by family and labels. To add one costs a look-up: per transaction, never per record. */
export class Figures {
  readonly #families = new Map<FamilyName, Map<string, Series>>(familyNames.map((name) => [name, new Map()]))
  /** What `takeDelta` has given of counters and histograms. */
  readonly #given = new Map<Series, Pick<Series, 'value' | 'counts'>>()

  add<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.#series(name, labels).value += by
  }

  set<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): void {
    this.#series(name, labels).value = value
  }

  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void {
    const series = this.#series(name, labels)
    const { buckets = [] } = familyOf(name)
    series.counts ??= Array.from({ length: buckets.length + 1 }, () => 0)
    const index = buckets.findIndex((bound) => value <= bound)
    series.counts[index < 0 ? buckets.length : index]!++
    series.value += value
  }

  /** Takes away the gauges of a family that have these labels, or all of them. */
  clear<Name extends GaugeName>(name: Name, labels: Partial<LabelsOf<Name>> = {}): void {
    const all = this.#families.get(name)!
    for (const [key, series] of all) if (hasLabels(series, labels as Labels)) all.delete(key)
  }

  /** Takes away all gauges of a worker: the process that knew them is gone. */
  forget(worker: string): void {
    for (const name of familyNames) if (familyOf(name).type === 'gauge') this.clear(name as GaugeName, { worker })
  }

  of(name: FamilyName): readonly Series[] {
    return [...this.#families.get(name)!.values()]
  }

  takeDelta(): Delta {
    return Object.fromEntries(
      familyNames.flatMap((name) => {
        const all = this.of(name)
        const told =
          familyOf(name).type === 'gauge' ? all.slice() : all.map((series) => this.#since(series)).filter(isSome)
        return told.length > 0 ? [[name, structuredClone<Series[]>(told)] as const] : []
      }),
    )
  }

  /** Adds what another process has told. Its gauges take the place of all that it told before: `forget` its workers first. */
  merge(delta: Delta): void {
    for (const [name, all] of Object.entries(delta)) {
      if (!isFamily(name)) continue
      const { type } = familyOf(name)
      for (const { labels, value, counts } of all) {
        const series = this.#series(name, labels)
        series.value = type === 'gauge' ? value : series.value + value
        if (counts) series.counts = counts.map((count, i) => count + (series.counts?.[i] ?? 0))
      }
    }
  }

  #since(series: Series): Series {
    const { value, counts } = this.#given.get(series) ?? { value: 0 }
    this.#given.set(series, { value: series.value, ...(series.counts && { counts: [...series.counts] }) })
    return {
      labels: series.labels,
      value: series.value - value,
      ...(series.counts && { counts: series.counts.map((count, i) => count - (counts?.[i] ?? 0)) }),
    }
  }

  #series(name: FamilyName, labels: Labels): Series {
    const all = this.#families.get(name)!
    const key = familyOf(name)
      .labels.map((label) => String(labels[label]))
      .join('\u0000')
    let series = all.get(key)
    if (!series) all.set(key, (series = { labels, value: 0 }))
    return series
  }
}

const hasLabels = ({ labels }: Series, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => String(labels[name]) === String(value))

const isSome = ({ value, counts }: Series): boolean => value !== 0 || (counts?.some((count) => count > 0) ?? false)
