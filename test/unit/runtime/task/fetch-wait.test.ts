import { describe, expect, test } from 'vitest'
import { rateAfter, waitMs } from '../../../../src/runtime/task/fetch-wait.ts'

/** Where the wait settles when records come evenly, of which none is ever split. */
function settledWait(perSecond: number, partitions: number, lingerMs = 150): number {
  let rate: number | undefined
  let wait = waitMs(rate, lingerMs)
  for (let answer = 0; answer < 100; answer++) {
    const records = Math.max(1, Math.round((perSecond * wait) / 1_000))
    rate = rateAfter(rate, { records, partitions: Math.min(partitions, records), elapsedMs: wait })
    wait = waitMs(rate, lingerMs)
  }
  return wait
}

describe('how long a broker may wait', () => {
  test.each([
    [50, 3, 150],
    [1_000, 48, 150],
    [10_000, 48, 40],
    [1_000, 3, 40],
    [1_000_000, 3, 40],
  ])('with %i events/s on %i partitions: %i ms', (perSecond, partitions, expected) => {
    expect(settledWait(perSecond, partitions)).toBe(expected)
  })

  test('in between, until each partition has a few records', () => {
    expect(settledWait(1_000, 12)).toBeGreaterThan(50)
    expect(settledWait(1_000, 12)).toBeLessThan(75)
  })

  test('never longer than it may linger', () => {
    expect([settledWait(1, 3, 10), settledWait(10_000, 3, 10), settledWait(1, 3, 0)]).toEqual([10, 10, 0])
  })

  test('before anything has come, shortly', () => {
    expect(waitMs(undefined, 150)).toBe(40)
  })
})

test('an answer without records changes nothing, one with many counts in part', () => {
  expect(rateAfter(undefined, { records: 0, partitions: 0, elapsedMs: 40 })).toBeUndefined()
  expect(rateAfter(0.5, { records: 0, partitions: 0, elapsedMs: 40 })).toBe(0.5)
  expect(rateAfter(0.5, { records: 600, partitions: 3, elapsedMs: 40 })).toBeCloseTo(0.5 + 0.3 * 4.5)
})
