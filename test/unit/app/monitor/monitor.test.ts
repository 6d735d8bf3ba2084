import { describe, expect, test } from 'vitest'
import { sampleOf } from '../../../support/looks.ts'
import { isDrained, snapshotOf, type Sample } from '../../../../src/app/monitor/monitor.ts'

const sample = (atMs: number, topics: Record<string, number>, lags: Record<string, number> = {}): Sample =>
  sampleOf({
    atMs,
    topics: Object.entries(topics).map(([topic, records]) => ({ topic, records })),
    workers: Object.entries(lags).map(([worker, lag]) => ({ worker, lag, undecided: 0, state: 'Stable', members: 1 })),
  })

describe('rates', () => {
  test('are over the time that really passed', () => {
    const { topics } = snapshotOf(sample(1_000, { orders: 100 }), sample(3_500, { orders: 350 }))
    expect(topics).toEqual([{ topic: 'orders', records: 350, perSecond: 100 }])
  })

  test('are 0 at the first look, for a topic that is new, for one with fewer records, and when no time has passed', () => {
    const now = sample(2_000, { orders: 50 })
    for (const before of [undefined, sample(1_000, {}), sample(1_000, { orders: 90 }), sample(2_000, { orders: 0 })])
      expect(snapshotOf(before, now).topics).toEqual([{ topic: 'orders', records: 50, perSecond: 0 }])
  })
})

describe('nothing is left to read', () => {
  const idle = sample(1, { orders: 5 }, { a: 0, b: 0 })

  test('when two looks in a row found no lag and the same records', () => {
    expect(isDrained(idle, { ...idle, atMs: 2 })).toBe(true)
  })

  test('not at the first look', () => {
    expect(isDrained(undefined, idle)).toBe(false)
  })

  test('not when a record has come in between, although it is read already: it may feed another worker', () => {
    expect(isDrained(idle, sample(2, { orders: 6 }, { a: 0, b: 0 }))).toBe(false)
  })

  test('not while records wait behind a transaction that is open', () => {
    const waiting = { ...idle, workers: idle.workers.map((worker) => ({ ...worker, undecided: 5 })) }
    expect(isDrained(waiting, waiting)).toBe(false)
    expect(isDrained(waiting, idle)).toBe(false)
  })

  test('not when a worker lagged at either look', () => {
    const behind = sample(1, { orders: 5 }, { a: 0, b: 1 })
    expect(isDrained(behind, idle)).toBe(false)
    expect(isDrained(idle, behind)).toBe(false)
  })
})
