import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rateLimited } from '../../../../src/app/log/rate-limit.ts'
import { recordedLog } from '../../../support/recorded-log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const limits = { burst: 2, windowMs: 1_000 }

test('a fault that repeats is written a few times, and then once with how many were left out', () => {
  const { log: out, entries } = recordedLog()
  const { log } = rateLimited(out, limits)
  for (let i = 0; i < 10; i++) log('warn', 'fetch-failed', { worker: 'w', code: 7, n: i })
  expect(entries.map(({ n }) => n)).toEqual([0, 1])
  vi.advanceTimersByTime(1_000)
  expect(entries.slice(2)).toEqual([{ level: 'warn', event: 'fetch-failed', worker: 'w', code: 7, n: 9, leftOut: 7 }])
})

test('after its window a fault is news again', () => {
  const { log: out, entries } = recordedLog()
  const { log } = rateLimited(out, limits)
  for (const _ of [1, 2]) {
    log('error', 'lost', { error: 'gone' })
    vi.advanceTimersByTime(1_000)
  }
  expect(entries).toHaveLength(2)
})

test('another worker, partition or cause is another fault', () => {
  const { log: out, entries } = recordedLog()
  const { log } = rateLimited(out, limits)
  for (const fields of [{ worker: 'a' }, { worker: 'b' }, { worker: 'a', partition: 1 }, { worker: 'a', error: 'x' }])
    for (let i = 0; i < 3; i++) log('warn', 'aborted', fields)
  expect(entries).toHaveLength(8)
})

test('what is no fault is never left out', () => {
  const { log: out, entries } = recordedLog()
  const { log } = rateLimited(out, limits)
  for (let i = 0; i < 50; i++) log('debug', 'committed', { worker: 'w' })
  expect(entries).toHaveLength(50)
})

test('a retry at level debug that names an error is a fault', () => {
  const { log: out, entries } = recordedLog()
  const { log } = rateLimited(out, limits)
  for (let i = 0; i < 50; i++) log('debug', 'request-failed', { error: 'timed out' })
  expect(entries).toHaveLength(2)
})

test('what is held back is written at the end', () => {
  const { log: out, entries } = recordedLog()
  const { log, flush } = rateLimited(out, limits)
  for (let i = 0; i < 3; i++) log('warn', 'lost')
  flush()
  expect(entries).toHaveLength(3)
  vi.advanceTimersByTime(10_000)
  expect(entries).toHaveLength(3)
})
