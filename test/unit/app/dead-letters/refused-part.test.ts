import { expect, test } from 'vitest'
import { z } from 'zod'
import { refusedPart } from '../../../../src/app/dead-letters/refused-part.ts'
import { list, record } from '../../../../src/pipeline/codec/collection-fields.ts'
import { decodeText } from '../../../../src/pipeline/codec/decode.ts'
import { integer, text } from '../../../../src/pipeline/codec/fields.ts'
import { decimal } from '../../../../src/pipeline/codec/number-fields.ts'
import { zodField } from '../../../../src/pipeline/codec/zod-shape.ts'
import { defineTopic } from '../../../../src/pipeline/events/define-topic.ts'
import { enrichedOrders, payments } from '../../../../src/pipeline/events/topics.ts'

/** The marked part of a text that `topic` refuses, by the reason that it really gives. */
function marked(topic: typeof payments | typeof enrichedOrders, text: string): string | undefined {
  const decoded = decodeText<unknown>(topic, text)
  const part = 'reason' in decoded ? refusedPart(text, decoded.reason) : undefined
  return part && text.slice(part.start, part.end)
}

const payment = {
  payment_id: '0b9bd5b0-3c0e-4a77-b5a9-1c5a6b4de111',
  order_id: '0b9bd5b0-3c0e-4a77-b5a9-1c5a6b4de222',
  user_id: 7,
  status: 'FAILED',
  amount: 10.5,
  payment_method: 'PayPal',
  timestamp: '2026-01-01T00:00:00Z',
}
const paymentWith = (change: object): string => JSON.stringify({ ...payment, ...change })

test.each([
  [{ amount: 10.555 }, '10.555'],
  [{ amount: '10' }, '"10"'],
  [{ user_id: 0 }, '0'],
  [{ status: 'failed' }, '"failed"'],
  [{ timestamp: '2026-01-01T00:00:00' }, '"2026-01-01T00:00:00"'],
  [{ order_id: { nested: true } }, '{"nested":true}'],
])('the value of the field that the reason names is marked: %j', (change, expected) => {
  expect(marked(payments, paymentWith(change))).toBe(expected)
})

test('a missing field is marked at the brace before which it could have been', () => {
  const text = paymentWith({ order_id: undefined })
  const decoded = decodeText(payments, text)
  expect(refusedPart(text, 'reason' in decoded ? decoded.reason : '')).toEqual({
    start: text.length - 1,
    end: text.length,
  })
})

test('a field of a nested object is found there, not by its last name alone', () => {
  const order = { order_id: payment.order_id, user_id: 7, product_id: 1, quantity: 1, price: 1, timestamp: payment.timestamp } // prettier-ignore
  const user = { name: 5, last_event_type: 'login', last_seen: payment.timestamp }
  expect(marked(enrichedOrders, JSON.stringify({ ...order, name: 6, total: 1, user }))).toBe('5')
})

test('of two fields with one name the last counts, as it does for JSON.parse', () => {
  expect(marked(payments, paymentWith({}).replace(/}$/, ',"amount":-1}'))).toBe('-1')
})

test('what is not JSON is marked where it stops being JSON', () => {
  expect(refusedPart('{"payment_id":x}', 'the value is not JSON: "…"')).toEqual({ start: 14, end: 15 })
})

test('a value that is not an object is marked as a whole', () => {
  expect(marked(payments, '[1]')).toBe('[1]')
})

test('a reason that names no field marks nothing', () => {
  expect(refusedPart(paymentWith({}), 'price times quantity is more than 1')).toBeUndefined()
})

test.each([
  [{ tags: ['a', 5] }, '["a",5]'],
  [{ tags: [], sizes: { 'x-large': 'y' } }, '"y"'],
  [{ tags: [], sizes: {}, 'unit-price': 1.505 }, '1.505'],
  [{ tags: [], sizes: {}, 'unit-price': 1, note: 5 }, '5'],
])('fields of any shape and name are marked: %j', (event, part) => {
  const fields = { tags: list(text()), sizes: record(integer(0)), 'unit-price': decimal(2), note: zodField(z.string()) }
  expect(marked(defineTopic('any', fields, { key: () => '' }) as never, JSON.stringify(event))).toBe(part)
})
