import { describe, expect, test } from 'vitest'
import type { OrderRecord } from '../../../../src/app/dashboard/order.ts'
import { explain, outcomeOf, readingsOf, type Explained } from '../../../../src/app/trace/explain.ts'

const ORDER = '00000000-0000-4000-8000-000000000001'
const PAYMENT = '00000000-0000-4000-8000-000000000002'
const time = Date.UTC(2026, 6, 1, 10)

const record = (topic: string, offset: number, event: object = {}, key = '7'): OrderRecord => ({
  ...{ topic, partition: 1, offset, atMs: time, key, value: '{}', writer: 'producer', sinceOrderMs: 0 },
  event: { order_id: ORDER, user_id: 7, timestamp: time, ...event },
})
const order = record('orders', 5)
const enriched = record('enriched_orders', 2)
const payment = (event: object = {}) =>
  record('payments', 9, { payment_id: PAYMENT, status: 'SUCCESS', amount: 4_100, ...event })
const status = record('order_status', 3, { payment_id: PAYMENT, status: 'PAID' }, ORDER)

const explained = (records: readonly OrderRecord[], more: Partial<Explained> = {}) =>
  explain({ records, letters: [], committed: () => 100, ...more }).map(({ kind, worker, text }) => [kind, worker, text])

describe('why an order is where it is', () => {
  test('an order that went all its way needs no words', () => {
    expect(explained([order, payment(), enriched, status])).toEqual([])
    expect(outcomeOf([order, payment(), enriched, status])).toBe('PAID')
  })

  test('an order without a payment has no status', () => {
    expect(explained([order, enriched])).toEqual([
      ['no-payment', null, expect.stringContaining('No payment names it yet')],
    ])
    expect(outcomeOf([order, enriched])).toBe('no payment yet')
  })

  test('a worker that is behind says by how much', () => {
    const found = explained([order, payment(), status], {
      committed: (worker, topic) => (worker === 'process-orders' && topic === 'orders' ? 2 : 100),
    })
    expect(found).toEqual([
      [
        'not-reached',
        'process-orders',
        'process-orders has not come to orders/1@5 yet: it is at 2, 3 offsets before it',
      ],
    ])
  })

  test('a worker that never ran is named', () => {
    const found = explained([payment({ status: 'FAILED' }), order, enriched, status], {
      committed: (worker) => (worker === 'failed-payments' ? undefined : 100),
    })
    expect(found).toEqual([
      ['never-ran', 'failed-payments', expect.stringContaining('has committed nothing of payments/1')],
    ])
  })

  test('a payment whose order has not come waits, until when is said', () => {
    expect(explained([payment()])).toEqual([
      ['waits-for-order', 'process-payments', expect.stringContaining(`until 2026-07-01T10:10:00.000Z of event time`)],
    ])
    expect(outcomeOf([payment()])).toBe('payment without a status yet')
  })

  test('a dead letter is the reason of the worker that refused the record, and of no other', () => {
    const letters = [
      {
        id: '2:4',
        worker: 'process-orders',
        reason: 'total must be smaller',
        topic: 'orders',
        partition: 1,
        offset: 5,
      },
    ]
    expect(explained([order, payment(), status], { letters })).toEqual([
      [
        'dead-letter',
        'process-orders',
        'process-orders refused orders/1@5, which is dead letter 2:4, because total must be smaller',
      ],
    ])
  })

  test('a dead letter of a record that nobody can read is told too', () => {
    const letters = [
      {
        id: '0:1',
        worker: 'large-orders',
        reason: 'amount must be a number',
        topic: 'payments',
        partition: 0,
        offset: 77,
      },
    ]
    expect(explained([order, payment(), enriched, status], { letters })).toEqual([
      ['dead-letter', 'large-orders', expect.stringContaining('payments/0@77')],
    ])
  })

  test('a large payment is expected in large_orders, one whose key is not its user in the inbox', () => {
    const large = payment({ amount: 50_001 })
    expect(explained([order, large, enriched, status])).toEqual([
      ['not-found', 'large-orders', expect.stringContaining('threshold')],
    ])
    expect(explained([order, large, enriched, status, record('large_orders', 0, { amount: 50_001 })])).toEqual([])
    expect(explained([{ ...order, key: 'x' }, payment(), status])).toEqual([
      ['handed-on', 'process-orders', expect.stringContaining('payflow-process-orders-inbox')],
    ])
  })

  test('what is asked of the groups is what matters', () => {
    expect(readingsOf([order, payment({ status: 'FAILED' }), enriched])).toEqual([
      { worker: 'process-orders', topic: 'orders', partition: 1 },
      { worker: 'failed-payments', topic: 'payments', partition: 1 },
      { worker: 'process-payments', topic: 'payments', partition: 1 },
    ])
  })
})
