import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_CENTS } from '../../../../src/pipeline/money.ts'
import { processPaymentsWorker as worker } from '../../../../src/pipeline/workers/process-payments.ts'
import { NOON_MS, ORDER_ID, PAYMENT_ID, cents, order, payment } from '../../../../src/pipeline/testing/events.ts'
import { Fold } from '../../../../src/pipeline/testing/fold.ts'
import { given, timePasses } from '../../../../src/pipeline/testing/given.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const status = (what: string, given: object = {}) => ({
  order_id: ORDER_ID,
  user_id: 1,
  status: what,
  order_total: cents(10),
  amount: cents(10),
  payment_id: PAYMENT_ID,
  payment_method: 'PayPal',
  timestamp: NOON_MS,
  ...given,
})
const unknown = status('UNKNOWN_ORDER', { order_total: null })

describe('a payment and its order', () => {
  it.each([
    ['PAID', payment()],
    ['DECLINED', payment({ status: 'FAILED' })],
    ['AMOUNT_MISMATCH', payment({ amount: cents(10.01) })],
    ['DECLINED', payment({ status: 'FAILED', amount: cents(10.01) })],
  ])('are %s, whichever came first', (what, paid) => {
    const emit = [status(what, { amount: paid.event.amount })]
    given(worker, order()).when(paid).then({ emit })
    given(worker, paid).when(order()).then({ emit })
  })

  it('have the time of the payment and the total of the order', () => {
    given(worker, order({ price: cents(2.5), quantity: 4, timestamp: NOON_MS - 5 }))
      .when(payment({ timestamp: NOON_MS + 7 }))
      .then({ emit: [status('PAID', { timestamp: NOON_MS + 7 })] })
  })

  it('may be several payments', () => {
    const declined = payment({ payment_id: ORDER_ID, status: 'FAILED' })
    const emit = [status('DECLINED', { payment_id: ORDER_ID }), status('PAID')]
    given(worker, order()).when(declined, payment()).then({ emit })
    given(worker, declined, payment()).when(order()).then({ emit })
  })

  it('are of the same user, or do not belong together', () => {
    given(worker, order({ user_id: 2 }))
      .when(payment())
      .then({ emit: [] })
    given(worker, payment())
      .when(order({ user_id: 2 }))
      .then({ emit: [] })
  })

  it('refuses an order of more than can be counted', () => {
    given(worker, payment())
      .when(order({ price: MAX_CENTS, quantity: 2 }))
      .then({ reject: 'price times quantity is more than 90071992547409.91' })
  })
})

describe('a payment without an order', () => {
  it('is of an unknown order after 10 minutes, not before', () => {
    given(worker, payment())
      .when(timePasses(NOON_MS + 10 * MINUTE_MS - 1))
      .then({ emit: [] })
    given(worker, payment())
      .when(timePasses(NOON_MS + 10 * MINUTE_MS))
      .then({ emit: [unknown] })
  })

  it('is said to be so once', () => {
    given(worker, payment(), timePasses(NOON_MS + 10 * MINUTE_MS))
      .when(timePasses(NOON_MS + 20 * MINUTE_MS), timePasses(NOON_MS + 2 * DAY_MS))
      .then({ emit: [] })
  })

  it('gets its right status when the order comes after all', () => {
    given(worker, payment(), timePasses(NOON_MS + 11 * MINUTE_MS))
      .when(order())
      .then({ emit: [status('PAID')] })
  })

  it('gets its right status alone when its order is what moves the time on', () => {
    given(worker, payment())
      .when(order({ timestamp: NOON_MS + 11 * MINUTE_MS }))
      .then({ emit: [status('PAID')] })
  })

  it('waits from its own time on, and another’s events move the time', () => {
    const later = payment({ payment_id: ORDER_ID, timestamp: NOON_MS + MINUTE_MS })
    given(worker, payment(), later)
      .when(order({ user_id: 2, timestamp: NOON_MS + 10 * MINUTE_MS }))
      .then({ emit: [unknown] })
  })

  it('waits as long as it is told', () => {
    given(worker, payment())
      .with({ wait: '30s' })
      .when(timePasses(NOON_MS + 30_000))
      .then({ emit: [unknown] })
  })
})

describe('what is kept', () => {
  it('is dropped a day after the newest event of the order', () => {
    const paid = [order(), payment({ timestamp: NOON_MS + 5 })]
    given(worker, timePasses(0), ...paid)
      .when(payment({ timestamp: NOON_MS + 7 }), timePasses(NOON_MS + DAY_MS + 6))
      .then({
        emit: [status('PAID', { timestamp: NOON_MS + 7 })],
        state: { total: 1000, open: [], newest: NOON_MS + 7 },
      })
    given(worker, ...paid)
      .when(payment(), timePasses(NOON_MS + DAY_MS + 5))
      .then({ emit: [status('PAID')], state: null })
  })

  it('is not waited for again', () => {
    given(worker, order(), timePasses(NOON_MS + DAY_MS))
      .when(payment({ timestamp: NOON_MS + DAY_MS }))
      .then({ emit: [] })
  })

  it('says of each payment what it knows before it drops it', () => {
    given(worker)
      .with({ wait: '2d', retention: '1d' })
      .when(payment(), timePasses(NOON_MS + DAY_MS))
      .then({ emit: [unknown], state: null })
  })
})

it('gives every payment of a known order its status once, in any order of events', () => {
  const ids = ['a', 'b', 'c'].map((digit) => ORDER_ID.replaceAll('1', digit))
  const events = [
    ...ids.map((order_id) => order({ order_id })),
    ...ids.flatMap((order_id) => [payment({ order_id }), payment({ order_id })]),
  ]
  const expected = ids.flatMap((order_id) => [status('PAID', { order_id }), status('PAID', { order_id })])
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
      const fold = new Fold(worker)
      shuffled.forEach((event) => fold.process(event))
      expect(fold.emitted).toHaveLength(expected.length)
      expect(fold.emitted).toEqual(expect.arrayContaining(expected))
    }),
  )
})
