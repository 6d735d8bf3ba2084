import { describe, expect, test } from 'vitest'
import { Observer, silentSecondsOf, verdictOf } from '../../../../src/app/monitor/observer.ts'
import { skewOf, type RunningProcess } from '../../../../src/app/monitor/views.ts'
import { findWorker } from '../../../../src/pipeline/workers/index.ts'
import { clusterOf, lookOf, overviewOf, partitionView, sampleOf } from '../../../support/looks.ts'

const worker = findWorker('large-orders')!
const topics = ['payments', 'large_orders']
const group = (lag: number, facts = {}) => ({ worker: worker.name, lag, undecided: 0, state: 'Stable', members: 1, ...facts }) // prettier-ignore
const cluster = clusterOf({ payments: [1, 1], large_orders: [1] })
const lag = (partition: number, records: number) => ({ worker: worker.name, topic: 'payments', partition, committed: 10, end: 10 + records, lag: records }) // prettier-ignore
const running: RunningProcess = {
  ...{ pid: 7, startedAt: new Date(5_000).toISOString(), supervised: true, restarts: 2, report: undefined },
  workers: [{ name: worker.name }],
}
const records = (payments: number, large = 0) => [{ topic: 'payments', records: payments }, { topic: 'large_orders', records: large }] // prettier-ignore
const observer = () => new Observer({ workers: [worker], topics })

describe('an overview', () => {
  test('has rates over the time that really passed, and none at the first look', () => {
    const seen = observer()
    const first = seen.take(lookOf({ sample: sampleOf({ atMs: 0, topics: records(100), workers: [group(0)], cluster }) })) // prettier-ignore
    const second = seen.take(lookOf({ sample: sampleOf({ atMs: 2_500, topics: records(350), workers: [group(50)], cluster }) })) // prettier-ignore
    expect(first.topics.map(({ perSecond }) => perSecond)).toEqual([null, null])
    expect(first.workers[0]).toMatchObject({ perSecond: null })
    expect(second.topics).toMatchObject([
      { topic: 'payments', records: 350, perSecond: 100, partitions: 2 },
      { topic: 'large_orders', perSecond: 0 },
    ])
    // 100 came a second, and the lag has grown by 20 of them
    expect(second.workers[0]).toMatchObject({ perSecond: 80 })
  })

  test('says what is not known as such: outputs that are not counted yet, partitions that cannot be asked, and without them a lag that is too small', () => {
    const away = clusterOf({ payments: [1, -1], large_orders: [1] })
    const unknown = [{ worker: worker.name, topic: 'payments', partition: 1 }]
    const sample = sampleOf({ topics: [{ topic: 'large_orders', records: 5 }], workers: [group(3)], lags: [lag(0, 3)], cluster: away, unknown }) // prettier-ignore
    const { topics: shown, workers } = observer().take(lookOf({ sample, read: 0.5 }))
    expect(shown).toMatchObject([
      { topic: 'payments', records: null, perSecond: null, leaderless: 1 },
      { topic: 'large_orders', records: null },
    ])
    expect(workers[0]).toMatchObject({ lag: 3, unknownPartitions: 1, lagSeconds: null, perSecond: null })
    expect(workers[0]?.partitions[1]).toMatchObject({ partition: 1, lag: null, committed: null, end: null, leader: null }) // prettier-ignore
  })

  test('tells a trend over half a minute, and remembers a minute of lag', () => {
    const seen = observer()
    const look = (atMs: number, behind: number) => seen.take(lookOf({ sample: sampleOf({ atMs, workers: [group(behind)], cluster }) })) // prettier-ignore
    for (let second = 0; second < 120; second++) look(second * 1000, 1_000)
    for (let second = 120; second < 140; second++) look(second * 1000, 1_000 + (second - 119) * 500)
    const { workers, past } = look(140_000, 11_500)
    expect(workers[0]).toMatchObject({ trend: 'growing', secondsToEmpty: null })
    expect(past.get(worker.name)?.at(0)).toEqual({ atMs: 80_000, lag: 1_000 })
  })

  test('shows processes, their restarts and what they tell of their tasks', () => {
    const report = {
      atMs: 9_000,
      workers: [{ worker: worker.name, tasks: [{ partition: 1, phase: 'running' }, { partition: 0, phase: 'restoring', restoreLeft: 40 }], rebalances: [], throttledMs: 0 }], // prettier-ignore
    }
    const look = lookOf({ sample: sampleOf({ workers: [group(0)], cluster }), processes: [{ ...running, report }] })
    expect(observer().take(look).workers[0]).toMatchObject({
      restarts: 2,
      processes: [{ pid: 7, startedMs: 5_000, restarts: 2, reportedMs: 9_000 }],
      tasks: [
        { partition: 0, phase: 'restoring', restoreLeft: 40, pid: 7 },
        { partition: 1, phase: 'running', restoreLeft: null, pid: 7 },
      ],
    })
    const nobody = observer().take(lookOf({ sample: sampleOf({ workers: [group(0)], cluster }) }))
    expect(nobody.workers[0]).toMatchObject({ restarts: null, tasks: [], processes: [] })
  })

  test('notes what has happened between two looks', () => {
    const seen = observer()
    const sample = sampleOf({ workers: [group(0)], cluster })
    expect(seen.take(lookOf({ sample, processes: [running] })).marks).toEqual([])
    const { marks } = seen.take(lookOf({ sample, processes: [{ ...running, pid: 8 }], atMs: 3 }))
    expect(marks.map(({ text }) => text)).toEqual(['large-orders: process 7 has ended', 'large-orders: process 8 has started']) // prettier-ignore
  })
})

describe('skew', () => {
  test('is the part of the lag that the worst partition of a topic has', () => {
    const partitions = [100, 710, 190].map((of, partition) => partitionView({ partition, lag: of }))
    expect(skewOf(partitions)).toEqual({ topic: 'orders', partition: 1, share: 0.71, even: 1 / 3 })
  })

  test('is unknown of little lag, of one partition, and where one cannot be asked', () => {
    expect(skewOf([3, 40].map((of, partition) => partitionView({ partition, lag: of })))).not.toBeNull()
    expect(skewOf([3, 30].map((of, partition) => partitionView({ partition, lag: of })))).toBeNull()
    expect(skewOf([partitionView({ lag: 9_000 })])).toBeNull()
    expect(skewOf([null, 9_000].map((of, partition) => partitionView({ partition, lag: of })))).toBeNull()
  })
})

describe('an overview that grows old', () => {
  const overview = overviewOf({ atMs: 10_000 })

  test('is fresh until the next look is late, then as old as it is; without one nothing is known', () => {
    const standing = (nowMs: number) => ({ overview, trouble: null, nowMs, intervalMs: 2_000 })
    expect(silentSecondsOf(standing(14_400))).toBe(0)
    expect(silentSecondsOf(standing(15_000))).toBe(5)
    expect(silentSecondsOf({ ...standing(15_000), overview: undefined })).toBeNull()
  })

  test('keeps the moment since when its verdict is the same', () => {
    const standing = (nowMs: number) => ({ overview, trouble: 'no answer', nowMs, intervalMs: 1_000 })
    const first = verdictOf(standing(15_000), [], undefined)
    expect(first).toMatchObject({ level: 'bad', sinceMs: 15_000 })
    const later = verdictOf(standing(19_000), [], first)
    expect(later.text).not.toBe(first.text)
    expect(later.sinceMs).toBe(15_000)
  })
})

test('a custom worker has the rate by which its group moves, and is no reason for worry when it does not run', () => {
  const mine = { name: 'mine', inputs: ['sales'], output: null, custom: true }
  const at = (committed: number) => ({ worker: 'mine', topic: 'sales', partition: 0, committed, end: 5_000, lag: 5_000 - committed }) // prettier-ignore
  const took = (atMs: number, committed: number, members: number) => {
    const custom = { worker: 'mine', lag: 5_000 - committed, undecided: 0, state: 'Stable', members }
    return lookOf({ sample: sampleOf({ atMs, topics: records(100), workers: [group(0), custom], lags: [at(committed)], customs: [mine], cluster }) }) // prettier-ignore
  }
  const seen = observer()
  seen.take(took(0, 1_000, 1))
  const overview = seen.take(took(2_000, 1_500, 1))
  expect(overview.workers[1]).toMatchObject({ worker: 'mine', output: null, custom: true, lag: 3_500, perSecond: 250 })
  const standing = (of: typeof overview) => verdictOf({ overview: of, trouble: null, nowMs: of.atMs, intervalMs: 1_000 }, [], undefined) // prettier-ignore
  expect(standing(overview)).toMatchObject({ level: 'warning', command: 'payflow why mine' })
  expect(standing(observer().take(took(0, 1_000, 0)))).toMatchObject({ level: 'ok' })
})
