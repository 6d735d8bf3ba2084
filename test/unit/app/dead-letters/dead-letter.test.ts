import { describe, expect, test } from 'vitest'
import { deadLetterOf, matches, originIn, reasonKind, resetIn } from '../../../../src/app/dead-letters/dead-letter.ts'
import type { LogRecord } from '../../../../src/kafka/merged-read.ts'

const record = (headers: Record<string, string | null>, more: Partial<LogRecord> = {}): LogRecord => ({
  topic: 'dead_letters',
  partition: 1,
  offset: 9,
  timestampMs: 1_700_000_000_000,
  key: Buffer.from('7'),
  value: Buffer.from('{}'),
  headers: Object.entries(headers).map(([key, value]) => ({ key, value: value === null ? null : Buffer.from(value) })),
  ...more,
})
const headers = {
  'payflow.worker': 'large-orders',
  'payflow.reason': 'amount must be at least 0, not -1',
  'payflow.topic': 'payments',
  'payflow.partition': '2',
  'payflow.offset': '40',
  'payflow.timestamp': '2026-01-01T00:00:00.000Z',
}

describe('a dead letter', () => {
  test('says who refused what, and where it was read', () => {
    expect(deadLetterOf(record(headers))).toMatchObject({
      id: '1:9',
      worker: 'large-orders',
      refusedAtMs: 1_700_000_000_000,
      origin: { topic: 'payments', partition: 2, offset: 40, timestamp: Date.UTC(2026, 0, 1), replays: 0 },
    })
  })

  test('of a replayed record counts how often', () => {
    expect(deadLetterOf(record({ ...headers, 'payflow.replays': '2' }))?.origin.replays).toBe(2)
  })

  test.each(['payflow.worker', 'payflow.reason', 'payflow.topic', 'payflow.offset'])('without %s is none', (name) => {
    const { [name]: _, ...rest } = headers as Record<string, string>
    expect(deadLetterOf(record(rest))).toBeUndefined()
  })

  test('is found by worker, topic and part of its reason in any case', () => {
    const letter = deadLetterOf(record(headers))!
    expect(matches(letter, {})).toBe(true)
    expect(matches(letter, { worker: 'large-orders', topic: 'payments', reason: 'AMOUNT' })).toBe(true)
    expect(matches(letter, { worker: 'failed-payments' })).toBe(false)
    expect(matches(letter, { topic: 'orders' })).toBe(false)
    expect(matches(letter, { reason: 'user_id' })).toBe(false)
  })
})

test('a record of an inbox keeps the key that it had at its origin, even when that was none', () => {
  expect(originIn(record(headers))?.key?.toString()).toBe('7')
  expect(originIn(record({ ...headers, 'payflow.key': null }))?.key).toBeNull()
})

test('the record of a reset names its worker and is not a dead letter', () => {
  const reset = record(
    { 'payflow.worker': 'large-orders', 'payflow.reset': '2026-01-01T00:00:00.000Z' },
    { value: null },
  )
  expect(resetIn(reset)).toBe('large-orders')
  expect(deadLetterOf(reset)).toBeUndefined()
  expect(resetIn(record(headers))).toBeUndefined()
})

test.each([
  ['amount must be at least 0, not -3.5', 'amount must be at least 0'],
  ['status must be SUCCESS or FAILED, not "no, not \\"that\\""', 'status must be SUCCESS or FAILED'],
  ['user_id must be an integer of at least 1, not an object', 'user_id must be an integer of at least 1'],
  ['the value is not JSON: "{oops, not this"', 'the value is not JSON'],
  [
    'its large_orders event would have 2000000 characters, more than a record may have',
    'its large_orders event would have N characters, more than a record may have',
  ],
  [
    'the total revenue of user 8 would pass 90071992547409.91',
    'the total revenue of user N would pass 90071992547409.91',
  ],
  ['order_id is missing', 'order_id is missing'],
])('reasons are counted without the values they quote: %s', (reason, kind) => {
  expect(reasonKind(reason)).toBe(kind)
})
