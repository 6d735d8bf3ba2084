import { describe, expect, test } from 'vitest'
import { StallTracker, type ObservedFault, type Position } from '../../../../src/app/chaos/stalls.ts'

const at = (committed: number, end: number, change: Partial<Position> = {}): Position => ({
  worker: 'large-orders',
  topic: 'payments',
  partition: 0,
  committed,
  end,
  ...change,
})
const fault = (sinceMs: number, change: Partial<ObservedFault> = {}): ObservedFault => ({
  kind: 'kill-worker',
  workers: ['large-orders'],
  sinceMs,
  ...change,
})

/** Looks at one partition at these times: `[ms, committed, end]`. */
function tracked(faults: readonly ObservedFault[], looks: readonly (readonly [number, number, number])[]) {
  const tracker = new StallTracker()
  for (const each of faults) tracker.fault(each)
  for (const [ms, committed, end] of looks) tracker.observe(ms, [at(committed, end)])
  return tracker
}

describe('a stall', () => {
  test('lasts from when there was something to read until something was committed', () => {
    const tracker = tracked([], [[0, 5, 5], [1_000, 5, 9], [4_000, 5, 12], [6_000, 9, 12]]) // prettier-ignore
    expect(tracker.longest).toEqual({ ms: 5_000, where: 'large-orders payments/0' })
  })

  test('is none while there is nothing to read, however long', () => {
    const tracker = tracked([], [[0, 5, 5], [60_000, 5, 5], [61_000, 5, 6], [61_500, 6, 6]]) // prettier-ignore
    expect(tracker.longest.ms).toBe(500)
  })

  test('starts over with each commit, even if the worker stays behind', () => {
    const tracker = tracked([], [[0, 1, 100], [3_000, 2, 100], [6_000, 3, 100]]) // prettier-ignore
    expect(tracker.longest.ms).toBe(3_000)
  })

  test('that goes on at the end counts up to then', () => {
    const tracker = tracked([], [[0, 1, 2]]) // prettier-ignore
    tracker.finish(9_000)
    expect(tracker.longest).toEqual({ ms: 9_000, where: 'large-orders payments/0' })
  })

  test('leaves out the time in which brokers were away', () => {
    const tracker = tracked([], [[0, 1, 2]]) // prettier-ignore
    tracker.brokersBack(8_000)
    tracker.observe(9_500, [at(2, 2)])
    expect(tracker.longest.ms).toBe(1_500)
  })

  test('is looked for in each partition and worker by itself', () => {
    const tracker = new StallTracker()
    const both = (a: number, b: number) => [at(a, 9, { partition: 0 }), at(b, 9, { partition: 1 })]
    tracker.observe(0, both(0, 0))
    tracker.observe(1_000, both(1, 0))
    tracker.observe(7_000, both(2, 1))
    expect(tracker.longest).toEqual({ ms: 7_000, where: 'large-orders payments/1' })
  })
})

describe('the figures of a kind of fault', () => {
  test('are the times to the next commit of a worker that it concerned', () => {
    const tracker = new StallTracker()
    tracker.observe(0, [at(0, 1), at(0, 1, { worker: 'other' })])
    tracker.fault(fault(1_000))
    tracker.observe(2_000, [at(0, 5), at(1, 5, { worker: 'other' })])
    tracker.observe(5_000, [at(1, 5), at(1, 5, { worker: 'other' })])
    tracker.fault(fault(6_000))
    tracker.observe(7_000, [at(2, 5), at(1, 5, { worker: 'other' })])
    expect(tracker.figures()).toEqual([
      { kind: 'kill-worker', faults: 2, medianRecoveryMs: 1_000, maxRecoveryMs: 4_000, maxStallMs: 4_000 },
    ])
  })

  test('have no recovery when nothing was committed any more', () => {
    const tracker = tracked([fault(1_000)], [[0, 0, 1], [2_000, 0, 1]]) // prettier-ignore
    tracker.finish(10_000)
    expect(tracker.figures()).toEqual([
      { kind: 'kill-worker', faults: 1, medianRecoveryMs: null, maxRecoveryMs: null, maxStallMs: 9_000 },
    ])
  })

  test('are kept apart by kind; a broker’s count from when it is back', () => {
    const restart = fault(4_000, { kind: 'restart-broker' })
    const tracker = tracked([fault(0), restart], [[500, 0, 1], [1_000, 1, 9], [9_000, 2, 9]]) // prettier-ignore
    expect(tracker.figures()).toMatchObject([
      { kind: 'kill-worker', maxRecoveryMs: 1_000 },
      { kind: 'restart-broker', maxRecoveryMs: 5_000, maxStallMs: 5_000 },
    ])
  })

  test('a stall that begins up to 5 s after a fault is still its effect, a later one is not', () => {
    const late = tracked([fault(1_000)], [[0, 1, 1], [5_900, 1, 2], [20_000, 2, 2]]) // prettier-ignore
    expect(late.figures()[0]!.maxStallMs).toBe(14_100)
    const other = tracked([fault(1_000)], [[0, 1, 1], [6_100, 1, 2], [20_000, 2, 2]]) // prettier-ignore
    expect(other.figures()[0]!.maxStallMs).toBe(0)
    expect(other.longest.ms).toBe(13_900)
  })
})

test('nothing is said of nothing', () => {
  const tracker = new StallTracker()
  tracker.finish(1_000)
  expect([tracker.figures(), tracker.longest]).toEqual([[], { ms: 0, where: '' }])
})
