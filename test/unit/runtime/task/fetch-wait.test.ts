import { describe, expect, test } from 'vitest'
import { flowAfter, waitMs, type Flow } from '../../../../src/runtime/task/fetch-wait.ts'

/** Where the wait settles when records come evenly, of which none is ever split. */
function settledWait(perSecond: number, partitions: number, lingerMs = 125): number {
  let flow: Flow | undefined
  let wait = waitMs(flow, lingerMs)
  for (let answer = 0; answer < 100; answer++) {
    const records = Math.max(1, Math.round((perSecond * wait) / 1_000))
    flow = flowAfter(flow, { records, partitions: Math.min(partitions, records), elapsedMs: wait })
    wait = waitMs(flow, lingerMs)
  }
  return wait
}

describe('how long more records are waited for', () => {
  test.each([
    [50, 3, 125],
    [1_000, 48, 240],
    [400, 48, 300],
    [1_000, 96, 313],
    [400, 20, 125],
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

  test('never longer than it may linger, or 2.5 times as long over many partitions', () => {
    expect([settledWait(100, 48, 10), settledWait(10_000, 200, 10), settledWait(1_000, 500, 100)]).toEqual([
      10, 25, 250,
    ])
    expect([settledWait(1, 3, 10), settledWait(10_000, 3, 10), settledWait(1, 3, 0)]).toEqual([10, 10, 0])
  })

  test('before anything has come, shortly', () => {
    expect(waitMs(undefined, 150)).toBe(40)
  })
})

test('an answer without records changes nothing, one with many counts in part', () => {
  const before = { perMs: 0.5, partitions: 10 }
  expect(flowAfter(undefined, { records: 0, partitions: 0, elapsedMs: 40 })).toBeUndefined()
  expect(flowAfter(before, { records: 0, partitions: 0, elapsedMs: 40 })).toBe(before)
  const { perMs, partitions } = flowAfter(before, { records: 600, partitions: 3, elapsedMs: 40 })!
  expect(perMs).toBeCloseTo(0.5 + 0.3 * 4.5)
  expect(partitions).toBeCloseTo(10 - 0.3 * 7)
})
