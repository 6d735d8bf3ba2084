import { expect, test } from 'vitest'
import { sampleOf } from '../../../support/looks.ts'
import type { Sample } from '../../../../src/app/monitor/monitor.ts'
import { Sampler } from '../../../../src/app/monitor/sampler.ts'

const sample = (records: number): Sample => sampleOf({ topics: [{ topic: 'orders', records }] })
const signal = new AbortController().signal

test('a look shows the new sample and the one before it', async () => {
  let records = 0
  const sampler = new Sampler({ sample: () => Promise.resolve(sample(++records)) }, signal)
  await sampler.first(1_000)
  const shown: unknown[] = []
  await sampler.look(1_000, (...both) => shown.push(both))
  expect(shown).toEqual([[sample(2), sample(1)]])
})

test('while no answer comes the last sample is shown again, so that a view is not frozen', async () => {
  let answer: (value: Sample) => void = () => undefined
  const answers = [Promise.resolve(sample(1)), new Promise<Sample>((resolve) => (answer = resolve))]
  const sampler = new Sampler({ sample: () => answers.shift()! }, signal)
  await sampler.first(1_000)
  const shown: number[] = []
  await sampler.look(5, ({ topics: [orders] }) => {
    shown.push(orders!.records)
    if (shown.length === 3) answer(sample(2))
  })
  expect(shown.slice(0, 3)).toEqual([1, 1, 1])
  expect(shown.at(-1)).toBe(2)
})

test('a look ends at once when the run is stopped, also without an answer', async () => {
  const stop = new AbortController()
  const answers = [Promise.resolve(sample(1)), new Promise<Sample>(() => undefined)]
  const sampler = new Sampler({ sample: () => answers.shift()! }, stop.signal)
  await sampler.first(1_000)
  const looking = sampler.look(60_000, () => undefined)
  stop.abort()
  await looking
})
