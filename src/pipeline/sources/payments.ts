import { paymentMethods, payments, type Payment } from '../events/topics.ts'
import type { Cents } from '../money.ts'
import { lanes, shareOf, weighted } from './hash.ts'
import { ordersAt } from './orders.ts'
import { clock, ids, sourceOf, type Source, type SourceOptions } from './source.ts'

export interface PaymentSourceOptions extends SourceOptions {
  /** The share of payments that are declined, 0..1. */
  readonly failureRate: number
}

/** Credit Card, Debit Card, PayPal, Crypto. */
const pickMethod = weighted([45, 25, 22, 8])

/** How often somebody whose payment was declined tries again at once. */
const RETRY_RATE = 0.5
/** Tries of one order stay within a block of this many payments, so that the first of them is found in a few steps. */
const BLOCK = 8

/** Payments of the orders of the same seed: payment i is of order i, or tries the order of payment i - 1 again if that one was declined. */
export function paymentSource(options: PaymentSourceOptions): Source<Payment> {
  const { seed, failureRate } = options
  const lane = lanes(seed, 'payments')
  const [fate, retry, method] = [lane(0), lane(1), lane(2)]
  const [id, order, time] = [ids(seed, 'payments'), ordersAt(seed), clock(options)]

  const isDeclined = (i: number) => shareOf(fate(i)) < failureRate
  const isRetry = (i: number) => i % BLOCK !== 0 && shareOf(retry(i)) < RETRY_RATE && isDeclined(i - 1)
  const firstTry = (i: number) => {
    while (isRetry(i)) i--
    return i
  }
  return sourceOf(payments, (i) => {
    const timestamp = time(i)
    const { order_id, user_id, price, quantity } = order(firstTry(i), timestamp)
    return {
      payment_id: id(i),
      order_id,
      user_id,
      status: isDeclined(i) ? 'FAILED' : 'SUCCESS',
      amount: (price * quantity) as Cents,
      payment_method: paymentMethods[pickMethod(method(i))]!,
      timestamp,
    }
  })
}
