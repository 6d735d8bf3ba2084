import { expect, test } from 'vitest'
import { decodeRecord } from '../../../../src/pipeline/codec/decode.ts'
import { orders, payments } from '../../../../src/pipeline/events/topics.ts'
import { refusalKindOf } from '../../../../src/pipeline/worker/refusals.ts'
import { refusedAsAhead } from '../../../../src/pipeline/worker/max-ahead.ts'

const order = { order_id: '3f0c2a5e-8b1d-4c6f-9a7e-0123456789ab', user_id: 1, product_id: 1, quantity: 1, price: 10, timestamp: '2026-01-01T00:00:00.000Z' } // prettier-ignore
const reasonOf = (value: string | Buffer | null): string => {
  const decoded = decodeRecord(orders, typeof value === 'string' ? Buffer.from(value) : value)
  return 'reason' in decoded ? decoded.reason : 'it was taken'
}

test.each([
  [null, 'empty'],
  ['  ', 'empty'],
  [Buffer.from([0x22, 0xff, 0x22]), 'not_text'],
  ['{"order_id', 'not_json'],
  ['{"order_id": "a\nb is missing', 'not_json'],
  ['[]', 'not_object'],
  [JSON.stringify({ ...order, user_id: undefined }), 'missing'],
  [JSON.stringify({ ...order, user_id: 0 }), 'invalid'],
  [JSON.stringify({ ...order, quantity: 'two' }), 'invalid'],
  [JSON.stringify({ ...order, price: 1.234 }), 'invalid'],
  [JSON.stringify({ ...order, price: -1 }), 'invalid'],
  [JSON.stringify({ ...order, timestamp: 'the value is empty' }), 'invalid'],
  [JSON.stringify({ ...order, order_id: 'more than a record may have' }), 'invalid'],
] as const)('%j is refused as %s', (value, kind) => {
  expect([reasonOf(value), refusalKindOf(reasonOf(value))]).toEqual([expect.any(String), kind])
})

test('a field of a choice, and one too far ahead, each have their kind', () => {
  const decoded = decodeRecord(payments, Buffer.from(JSON.stringify({ payment_id: order.order_id, order_id: order.order_id, user_id: 1, status: 'LOST', amount: 1, payment_method: 'PayPal', timestamp: order.timestamp }))) // prettier-ignore
  expect('reason' in decoded && refusalKindOf(decoded.reason)).toBe('invalid')
  const ahead = refusedAsAhead(
    orders,
    Date.parse('2099-01-01T00:00:00Z'),
    Date.parse('2026-01-01T00:00:00Z'),
    86_400_000,
  )
  expect(refusalKindOf(ahead!)).toBe('ahead')
})

test('what the runtime says of sizes and topics, and what a step says, each have their kind', () => {
  expect(refusalKindOf('its order_status event would have 9 characters, more than a record may have')).toBe('too_large')
  expect(refusalKindOf('the state of 1 would be more than a record may have')).toBe('too_large')
  expect(refusalKindOf('x is not an input of this worker')).toBe('lost')
  expect(refusalKindOf('1000 payments wait for order a already')).toBe('refused')
})
