import fc from 'fast-check'
import { it } from 'vitest'
import { MAX_CENTS, type Cents } from '../../../../src/pipeline/money.ts'
import { aggregatedRevenueWorker } from '../../../../src/pipeline/workers/aggregated-revenue.ts'
import { NOON_MS, cents, order } from '../../../../src/pipeline/testing/events.ts'
import { given } from '../../../../src/pipeline/testing/given.ts'

const total = (revenue: number, count: number, given: object = {}) => ({
  user_id: 1,
  total_revenue: cents(revenue),
  order_count: count,
  timestamp: NOON_MS,
  ...given,
})

it('says the running total after each order, with the time of the order', () => {
  given(aggregatedRevenueWorker)
    .when(
      order({ price: cents(0.1), quantity: 1 }),
      order({ price: cents(0.1), quantity: 2, timestamp: NOON_MS + 5 }),
      order({ price: cents(0), quantity: 3, timestamp: NOON_MS - 5 }),
    )
    .then({
      emit: [total(0.1, 1), total(0.3, 2, { timestamp: NOON_MS + 5 }), total(0.3, 3, { timestamp: NOON_MS - 5 })],
      state: { cents: 30, orders: 3 },
    })
})

it('keeps users apart', () => {
  given(aggregatedRevenueWorker, order({ price: cents(20) }))
    .when(order({ user_id: 2 }), order())
    .then({ emit: [total(10, 1, { user_id: 2 }), total(30, 2)] })
})

it('sums exactly what any list of orders comes to', () => {
  const orders = fc.array(fc.record({ price: fc.nat({ max: 50_000 }), quantity: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
  })
  fc.assert(
    fc.property(orders, (list) => {
      let sum = 0
      const emit = list.map(({ price, quantity }, i) => ({
        ...total(0, i + 1),
        total_revenue: (sum += price * quantity),
      }))
      given(aggregatedRevenueWorker)
        .when(...list.map(({ price, quantity }) => order({ price: price as Cents, quantity })))
        .then({ emit, state: { cents: sum, orders: list.length } })
    }),
  )
})

it('counts up to the last exact cent, and refuses the order that would pass it', () => {
  const almost = order({ price: (MAX_CENTS - 1000) as Cents })
  given(aggregatedRevenueWorker, almost)
    .when(order({ price: cents(10) }))
    .then({ emit: [{ ...total(0, 2), total_revenue: MAX_CENTS }] })
  given(aggregatedRevenueWorker, almost)
    .when(order({ price: cents(10.01) }))
    .then({
      reject: 'the total revenue of user 1 would pass 90071992547409.91',
      state: { cents: MAX_CENTS - 1000, orders: 1 },
    })
})

it('refuses an order of more than can be counted', () => {
  given(aggregatedRevenueWorker)
    .when(order({ price: MAX_CENTS, quantity: 2 }))
    .then({ reject: 'price times quantity is more than 90071992547409.91', state: null })
})
