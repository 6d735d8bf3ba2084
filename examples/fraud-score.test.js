import { test } from 'node:test'
import { cents, given, timePasses } from 'payflow'
import { anOrder, noon } from './an-order.js'
import fraudScore from './fraud-score.js'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const london = anOrder().event.shipping_address

test('a burst is scored when nothing more can come: by its orders, the largest amount, currencies and countries', () => {
  given(
    fraudScore,
    anOrder({ created_at: noon, amount: cents(1_500.01) }),
    anOrder({ created_at: noon + 90 * SECOND, shipping_address: { ...london, country: 'Chad' } }),
    anOrder({ created_at: noon + 45 * SECOND, currency: 'USD' }),
  )
    .when(timePasses(noon + 90 * SECOND + 6 * MINUTE), timePasses(noon + 90 * SECOND + 6 * MINUTE + 1))
    .then({
      emit: [
        {
          customer_email: 'ada@example.org',
          start: noon,
          end: noon + 90 * SECOND,
          orders: 3,
          largest: cents(1_500.01),
          score: 100,
        },
      ],
      state: null,
    })
})

test('orders more than a minute apart are two bursts, and what is not suspicious is not reported', () => {
  given(fraudScore, anOrder({ amount: cents(2_000) }), anOrder({ created_at: noon + MINUTE + 1 }))
    .when(timePasses(noon + 60 * MINUTE))
    .then({
      emit: [
        { customer_email: 'ada@example.org', start: noon, end: noon, orders: 1, largest: cents(2_000), score: 10 },
      ],
    })
  given(fraudScore, anOrder({ amount: cents(2_000) }))
    .with({ least: '11' })
    .when(timePasses(noon + 60 * MINUTE))
    .then({})
})

test('an order that comes when its burst has been scored does not count', () => {
  given(fraudScore, anOrder({ created_at: noon + 10 * MINUTE, customer_email: 'ada@example.org' }))
    .when(anOrder({ created_at: noon, amount: cents(2_000) }))
    .then({})
})
