import { expect, test } from 'vitest'
import { nextBackoff, type Backoff } from '../../../../src/app/workers/supervised-process.ts'

function delays(ranMs: readonly number[]): number[] {
  let backoff: Backoff | undefined
  return ranMs.map((ran) => (backoff = nextBackoff(backoff, ran)).delayMs)
}

test('deaths in a row wait twice as long each time, up to five seconds', () => {
  expect(delays(Array.from({ length: 9 }, () => 100))).toEqual([500, 1000, 2000, 4000, 5_000, 5_000, 5_000, 5_000, 5_000]) // prettier-ignore
})

test('a death after a good run counts as the first, one just before it does not', () => {
  expect(delays([0, 0, 29_999, 30_000, 0])).toEqual([500, 1000, 2000, 500, 1000])
})

test('the delay is finite however often something dies', () => {
  expect(delays(Array.from({ length: 2_000 }, () => 0)).at(-1)).toBe(5_000)
})
