import { expect, test } from 'vitest'
import { summarize } from '../../../../src/app/run/summary.ts'

const last = {
  atMs: 0,
  topics: [
    { topic: 'orders', records: 1_000 },
    { topic: 'large_orders', records: 0 },
  ],
  workers: [
    { worker: 'large-orders', lag: 0, undecided: 0, state: 'Stable', members: 1 },
    { worker: 'process-orders', lag: 3, undecided: 0, state: 'Dead', members: 0 },
  ],
  lags: [],
}
const processes = [{ worker: 'large-orders', state: 'running', restarts: 2, pid: 1 } as const]
const times = { flowSeconds: 30, seconds: 41.5, phases: { brokers: 6 } }

test('a summary has the records and the rate of each topic over the time of the producers, the lag and restarts of each worker', () => {
  expect(summarize(last, processes, times)).toEqual({
    topics: [
      { topic: 'orders', records: 1_000, perSecond: 33.3 },
      { topic: 'large_orders', records: 0, perSecond: 0 },
    ],
    workers: [
      { worker: 'large-orders', lag: 0, restarts: 2 },
      { worker: 'process-orders', lag: 3, restarts: 0 },
    ],
    seconds: 41.5,
    phases: { brokers: 6 },
  })
})

test('a rate over no time is 0, never infinite: JSON could not say it', () => {
  const { topics } = summarize(last, processes, { ...times, flowSeconds: 0 })
  expect(topics.map(({ perSecond }) => perSecond)).toEqual([0, 0])
})
