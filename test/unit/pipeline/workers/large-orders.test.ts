import { expect, it } from 'vitest'
import { largeOrdersWorker } from '../../../../src/pipeline/workers/large-orders.ts'
import { NOON_MS, ORDER_ID, cents, payment } from '../../../../src/pipeline/testing/events.ts'
import { given } from '../../../../src/pipeline/testing/given.ts'

const large = (amount: number) => ({
  order_id: ORDER_ID,
  user_id: 1,
  amount: cents(amount),
  payment_method: 'PayPal',
  timestamp: NOON_MS,
})

it('takes more than 500.00 for large, whether it was paid or not', () => {
  given(largeOrdersWorker)
    .when(
      payment({ amount: cents(499.99) }),
      payment({ amount: cents(500) }),
      payment({ amount: cents(500.01) }),
      payment({ amount: cents(2500), status: 'FAILED' }),
    )
    .then({ emit: [large(500.01), large(2500)] })
})

it('takes another threshold, to the cent', () => {
  given(largeOrdersWorker)
    .with({ threshold: '9.99' })
    .when(payment({ amount: cents(9.99) }), payment({ amount: cents(10) }))
    .then({ emit: [large(10)] })
  given(largeOrdersWorker)
    .with({ threshold: '0' })
    .when(payment({ amount: cents(0) }), payment({ amount: cents(0.01) }))
    .then({ emit: [large(0.01)] })
})

it.each(['', '-1', '5.001', 'lots', '1e3'])('refuses a threshold of %j', (text) => {
  expect(() => largeOrdersWorker.options!.threshold.parse(text)).toThrow(
    `expected an amount such as 500 or 499.99, not ${JSON.stringify(text)}`,
  )
})
