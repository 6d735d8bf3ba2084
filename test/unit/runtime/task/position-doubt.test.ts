import { expect, test } from 'vitest'
import { PositionDoubt } from '../../../../src/runtime/task/position-doubt.ts'
import { refused } from '../../../../src/runtime/task/position-errors.ts'
import type { Refusal, Standing } from '../../../../src/runtime/task/position-table.ts'

const found = (refusal: Refusal, at: number, more: Partial<Standing> = {}) =>
  refused(
    refusal,
    at,
    {
      committed: at,
      recorded: at,
      recordedId: 'a',
      id: 'a',
      start: 0,
      end: 500,
      stateful: true,
      isInbox: false,
      ...more,
    },
    {
      spelling: 'sums',
      group: 'payflow-sums',
      stateTopic: 'payflow-sums-state',
      source: { topic: 'orders', partition: 0 },
    },
  )

test('a contradiction is believed when it is found a second time', () => {
  const doubt = new PositionDoubt()
  expect(doubt.doubts(found('moved', 10), 0)).toBe(true)
  expect(doubt.doubts(found('moved', 10), 50)).toBe(false)
})

test('another one is doubted again, and so is the same one after a position was found', () => {
  const doubt = new PositionDoubt()
  expect(doubt.doubts(found('moved', 10), 0)).toBe(true)
  expect(doubt.doubts(found('moved', 20), 50)).toBe(true)
  doubt.clear()
  expect(doubt.doubts(found('moved', 20), 100)).toBe(true)
})

test('a log that retention goes on to shorten is the same contradiction', () => {
  const doubt = new PositionDoubt()
  expect(doubt.doubts(found('out-of-range', 10, { start: 100 }), 0)).toBe(true)
  expect(doubt.doubts(found('out-of-range', 10, { start: 120, end: 700 }), 50)).toBe(false)
})

test('an offset beyond the end is believed after five seconds, however the log has grown: the broker may be behind', () => {
  const doubt = new PositionDoubt()
  for (const atMs of [0, 50, 2_000, 4_999])
    expect(doubt.doubts(found('out-of-range', 900, { end: 500 + atMs / 50 }), atMs)).toBe(true)
  expect(doubt.doubts(found('out-of-range', 900), 5_000)).toBe(false)
})

test('any other error is not for it', () => {
  expect(new PositionDoubt().doubts(new Error('the disk is full'), 0)).toBe(false)
})
