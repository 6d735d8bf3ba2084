import { expect, test } from 'vitest'
import { measuredRate } from '../../../../src/app/group-reset/rate.ts'
import type { ProgressMark } from '../../../../src/runtime/state/last-progress.ts'

const marks = (...steps: readonly [atMs: number, offset: number][]): ProgressMark[] =>
  steps.map(([atMs, offset]) => ({ atMs, progress: { offsets: { 'orders/0': offset }, eventTime: null, partitions: 1 } })) // prettier-ignore

test('the rate is that of the best five seconds, of all partitions together', () => {
  const idle = marks([0, 0], [60_000, 100], [61_000, 5_100], [64_000, 20_100], [120_000, 20_101])
  const other = marks([0, 0], [62_000, 5_000])
  expect(measuredRate([idle, other])).toBe(25_100 / 5)
})

test('a short run counts as a second at least', () => {
  expect(measuredRate([marks([1_000, 0], [1_100, 300])])).toBe(300)
})

test('without progress there is no rate', () => {
  expect(measuredRate([])).toBeUndefined()
  expect(measuredRate([marks([0, 7]), marks([0, 7], [10, 7])])).toBeUndefined()
})
