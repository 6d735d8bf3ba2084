import { expect, test } from 'vitest'
import { Figures, deltaSchema } from '../../../../src/app/metrics/figures.ts'
import { families, familyNames, familyOf } from '../../../../src/app/metrics/families.ts'
import { exposition } from '../../../../src/app/metrics/registry.ts'

const scrape = async (figures: Figures): Promise<string[]> => {
  const text = await exposition(figures, () => Promise.resolve()).text()
  return text.split('\n').filter((line) => line.startsWith('payflow_'))
}

test('every name and label keeps to the rules of Prometheus', () => {
  for (const name of familyNames) {
    const { type, labels, help } = familyOf(name)
    expect(name).toMatch(/^payflow_[a-z][a-z0-9_]*[a-z0-9]$/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|percent)(_|$)/)
    expect(help).not.toBe('')
    for (const label of labels) expect(['worker', 'topic', 'partition', 'state', 'result', 'reason', 'store', 'version']).toContain(label) // prettier-ignore
  }
  const bounds = Object.values(families).flatMap((family) => ('buckets' in family ? [[...family.buckets]] : []))
  expect(bounds).toEqual(bounds.map((each) => [...each].sort((a, b) => a - b)))
})

test('what a scrape shows are the figures: counters, gauges, and histograms whose buckets add up', async () => {
  const figures = new Figures()
  figures.add('payflow_strays_total', { worker: 'w' }, 2)
  figures.add('payflow_strays_total', { worker: 'w' })
  figures.set('payflow_tasks', { worker: 'w', state: 'running' }, 3)
  for (const seconds of [0.0005, 0.003, 0.003, 1_000]) figures.observe('payflow_process_duration_seconds', { worker: 'w' }, seconds) // prettier-ignore
  const lines = await scrape(figures)
  expect(lines).toContain('payflow_strays_total{worker="w"} 3')
  expect(lines).toContain('payflow_tasks{worker="w",state="running"} 3')
  expect(lines.filter((line) => /le="(0.001|0.0025|0.005|300|\+Inf)"|_sum|_count/.test(line))).toEqual([
    'payflow_process_duration_seconds_bucket{worker="w",le="0.001"} 1',
    'payflow_process_duration_seconds_bucket{worker="w",le="0.0025"} 1',
    'payflow_process_duration_seconds_bucket{worker="w",le="0.005"} 3',
    'payflow_process_duration_seconds_bucket{worker="w",le="300"} 3',
    'payflow_process_duration_seconds_bucket{worker="w",le="+Inf"} 4',
    'payflow_process_duration_seconds_sum{worker="w"} 1000.0065',
    'payflow_process_duration_seconds_count{worker="w"} 4',
  ])
})

test('counters and histograms of a process go on after it was started again; its gauges are those of the new one', async () => {
  const all = new Figures()
  const process = (strays: number): Figures => {
    const figures = new Figures()
    figures.add('payflow_strays_total', { worker: 'w' }, strays)
    figures.observe('payflow_transaction_records', { worker: 'w' }, strays)
    figures.set('payflow_state_keys', { worker: 'w', partition: strays, store: 'disk' }, 7)
    return figures
  }
  const first = process(3)
  const take = (from: Figures): void => {
    all.forget('w')
    // as it comes over the channel
    all.merge(deltaSchema.parse(JSON.parse(JSON.stringify(from.takeDelta()))))
  }
  take(first)
  take(first)
  first.add('payflow_strays_total', { worker: 'w' }, 1)
  take(first)
  take(process(5))
  const lines = await scrape(all)
  expect(lines).toContain('payflow_strays_total{worker="w"} 9')
  expect(lines).toContain('payflow_transaction_records_count{worker="w"} 2')
  expect(lines).toContain('payflow_transaction_records_sum{worker="w"} 8')
  expect(lines.filter((line) => line.startsWith('payflow_state_keys'))).toEqual(['payflow_state_keys{worker="w",partition="5",store="disk"} 7']) // prettier-ignore
})

test('a family that this version does not know is left out', () => {
  const figures = new Figures()
  figures.merge({ payflow_of_tomorrow: [{ labels: {}, value: 1 }] })
  expect(figures.takeDelta()).toEqual({})
})
