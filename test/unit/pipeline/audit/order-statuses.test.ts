import { describe, expect, test } from 'vitest'
import { NOON_MS, ORDER_ID, cents, order, payment } from '../../../../src/pipeline/testing/events.ts'
import type { TopicEvent } from '../../../../src/pipeline/testing/events.ts'
import { homeOf, judge, laid, replaced, written } from '../../../support/audited.ts'

const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
const OTHER_ID = '33333333-3333-4333-8333-333333333333'
const NAME = 'process-payments'

/** Event time of the task moves on by an order that nobody pays. */
const timePasses = (minutes: number): TopicEvent =>
  order({ order_id: OTHER_ID, timestamp: NOON_MS + minutes * MINUTE_MS })
const status = (word: string, changes: object = {}) => {
  const total = word === 'UNKNOWN_ORDER' ? null : 10
  const timestamp = new Date(NOON_MS).toISOString()
  const event = { order_id: ORDER_ID, user_id: 1, status: word, order_total: total, amount: 10, payment_id: payment().event.payment_id, payment_method: 'PayPal', timestamp, ...changes } // prettier-ignore
  return { partition: homeOf(ORDER_ID), key: ORDER_ID, text: JSON.stringify(event) }
}
const right = { missing: 0, unexpected: 0 }

describe('UNKNOWN_ORDER', () => {
  const late = { name: NAME, events: [payment(), timePasses(10), order()] }

  test('may come before the status of a payment whose order came late, and need not', () => {
    expect(written(late).map(({ text }) => /"status":"(\w+)"/.exec(text!)![1])).toEqual(['UNKNOWN_ORDER', 'PAID'])
    expect(judge(late, written(late))).toMatchObject(right)
    expect(judge(late, laid([status('PAID')]))).toMatchObject(right)
  })

  test('does not stand for the status of a payment whose order came', () => {
    expect(judge(late, laid([status('UNKNOWN_ORDER')]))).toMatchObject({ missing: 1, unexpected: 0 })
  })

  test('never follows another status of the same payment', () => {
    const { differences, ...figures } = judge(late, laid([status('PAID'), status('UNKNOWN_ORDER')]))
    expect(figures).toMatchObject({ missing: 0, unexpected: 1 })
    expect(differences).toMatchObject([{ topic: 'order_status', offset: 1, note: expect.stringContaining('UNKNOWN_ORDER') as string }]) // prettier-ignore
  })

  test('comes once', () => {
    const twice = [status('UNKNOWN_ORDER'), status('UNKNOWN_ORDER')]
    expect(judge(late, laid([...twice, status('PAID')]))).toMatchObject({ missing: 0, unexpected: 1 })
    const never = { name: NAME, events: [payment(), timePasses(10)] }
    expect(judge(never, laid(twice))).toMatchObject({ missing: 0, unexpected: 1 })
  })

  test('is due when the wait is over, not a millisecond before', () => {
    const almost = order({ order_id: OTHER_ID, timestamp: NOON_MS + 10 * MINUTE_MS - 1 })
    const early = { name: NAME, events: [payment(), almost] }
    expect(written(early)).toEqual([])
    expect(judge(early, [])).toMatchObject(right)
    expect(judge(early, laid([status('UNKNOWN_ORDER')]))).toMatchObject({ unexpected: 1 })
    const due = { name: NAME, events: [payment(), timePasses(10)] }
    expect(written(due)).toHaveLength(1)
    expect(judge(due, [])).toMatchObject({ missing: 1, unexpected: 0 })
  })

  test('follows the wait that the worker ran with', () => {
    const patient = { name: NAME, events: [payment(), timePasses(10)], typed: { wait: '20m' } }
    expect(judge(patient, [])).toMatchObject(right)
    expect(judge(patient, laid([status('UNKNOWN_ORDER')]))).toMatchObject({ unexpected: 1 })
  })

  test('has no total', () => {
    const made = { name: NAME, events: [payment(), timePasses(10)] }
    const outputs = laid([status('UNKNOWN_ORDER', { order_total: 10 })])
    expect(judge(made, outputs)).toMatchObject({ missing: 1, unexpected: 1 })
  })

  test('is a right answer alone when the order was forgotten before its payment came', () => {
    const made = { name: NAME, events: [order(), payment({ timestamp: NOON_MS + DAY_MS }), timePasses(1_440 + 10)] }
    const forgotten = laid([status('UNKNOWN_ORDER', { timestamp: new Date(NOON_MS + DAY_MS).toISOString() })])
    expect(judge(made, forgotten)).toMatchObject(right)
    expect(judge(made, [])).toMatchObject({ missing: 1 })
    expect(judge(made, written(made))).toMatchObject(right)
  })

  test('of inputs that may not have been processed is not missed, and right when it is there', () => {
    const made = { name: NAME, events: [payment(), timePasses(10)] }
    expect(judge(made, [], { required: 1 })).toMatchObject(right)
    expect(judge(made, written(made), { required: 1 })).toMatchObject(right)
    expect(judge(made, written(made), { required: 0 })).toMatchObject({ ...right, unjudged: 1 })
  })
})

describe('a status', () => {
  const made = { name: NAME, events: [order(), payment()] }

  test.each([
    ['another total', { order_total: 10.01 }, "the order's total is 10"],
    ['PAID for another amount', { amount: 10.01 }, 'the amount is not the total'],
    ['AMOUNT_MISMATCH for the total', { status: 'AMOUNT_MISMATCH' }, 'the amount is the total'],
    ['another user', { user_id: 2 }, 'there is no such order of this user'],
  ])('with %s is wrong', (_, changes, note) => {
    const { differences, ...figures } = judge(made, laid([status('PAID', changes)]))
    expect(figures).toMatchObject({ missing: 1, unexpected: 1 })
    expect(differences[0]).toMatchObject({ offset: 0, note })
  })

  test('says DECLINED for a failed payment and nothing else', () => {
    const failed = { name: NAME, events: [order(), payment({ status: 'FAILED' })] }
    expect(judge(failed, written(failed))).toMatchObject(right)
    expect(judge(failed, laid([status('PAID')]))).toMatchObject({ missing: 1, unexpected: 1 })
    expect(judge(made, laid([status('DECLINED')]))).toMatchObject({ missing: 1, unexpected: 1 })
  })

  test('has the total of one of the orders when an order came twice with different totals', () => {
    const twice = { name: NAME, events: [order(), order({ price: cents(20) }), payment()] }
    expect(judge(twice, written(twice))).toMatchObject(right)
    expect(judge(twice, laid([status('PAID')]))).toMatchObject(right)
    expect(judge(twice, laid([status('AMOUNT_MISMATCH', { order_total: 30 })]))).toMatchObject({ unexpected: 1 })
  })

  test('comes for each of two payments of one order, once', () => {
    const second = payment({ payment_id: OTHER_ID, status: 'FAILED' })
    const two = { name: NAME, events: [order(), payment(), second] }
    const outputs = written(two)
    expect(judge(two, outputs)).toMatchObject({ expected: 2, actual: 2, ...right })
    expect(judge(two, replaced(outputs, 0))).toMatchObject({ missing: 1, unexpected: 0 })
    expect(judge(two, [...outputs, ...outputs])).toMatchObject({ missing: 0, unexpected: 2 })
  })

  test('comes twice for the same payment written twice', () => {
    const twice = { name: NAME, events: [order(), payment(), payment()] }
    expect(written(twice)).toHaveLength(2)
    expect(judge(twice, written(twice))).toMatchObject({ expected: 2, ...right })
    expect(judge(twice, written(twice).slice(1))).toMatchObject({ missing: 1 })
  })
})
