import { it } from 'vitest'
import { failedPaymentsWorker } from '../../../../src/pipeline/workers/failed-payments.ts'
import { NOON_MS, ORDER_ID, cents, payment } from '../../../../src/pipeline/testing/events.ts'
import { given } from '../../../../src/pipeline/testing/given.ts'

it('says who failed to pay what, how and when', () => {
  given(failedPaymentsWorker)
    .when(payment({ status: 'FAILED', user_id: 7, amount: cents(12.5), payment_method: 'Crypto' }))
    .then({
      emit: [{ order_id: ORDER_ID, user_id: 7, amount: 1250, payment_method: 'Crypto', timestamp: NOON_MS }],
    })
})

it('says nothing of a payment that succeeded', () => {
  given(failedPaymentsWorker)
    .when(payment({ amount: cents(1e6) }))
    .then({ emit: [] })
})

it('says each failure once, however alike', () => {
  const failure = payment({ status: 'FAILED' })
  const said = { order_id: ORDER_ID, user_id: 1, amount: 1000, payment_method: 'PayPal', timestamp: NOON_MS }
  given(failedPaymentsWorker, failure)
    .when(failure, payment(), failure)
    .then({ emit: [said, said] })
})
