import type { Cents } from '../money.ts'
import { orders, type Order } from '../events/topics.ts'
import { between, lanes, shareOf, weighted } from './hash.ts'
import { people } from './people.ts'
import { clock, ids, sourceOf, type Source, type SourceOptions } from './source.ts'

export const [MIN_PRICE_CENTS, MAX_PRICE_CENTS] = [1_000, 50_000]

/** Mostly one of a thing, and never more than five. */
const pickQuantity = weighted([55, 22, 12, 7, 4])

/** Most prices are small: with these quantities one total in ten is over 500.00. Products only, which are the same on every machine; `**` need not be. */
function priceOf(bits: number): Cents {
  const share = shareOf(bits)
  const square = share * share
  return (MIN_PRICE_CENTS + Math.floor(square * square * (MAX_PRICE_CENTS - MIN_PRICE_CENTS + 1))) as Cents
}

/** Order i of a seed, at a time that is the caller's: payments of orders have a clock of their own. */
export function ordersAt(seed: number): (i: number, timestamp: number) => Order {
  const lane = lanes(seed, 'orders')
  const [user, product, quantity, price] = [lane(0), lane(1), lane(2), lane(3)]
  const [id, pickUser] = [ids(seed, 'orders'), people(seed)]
  return (i, timestamp) => ({
    order_id: id(i),
    user_id: pickUser(user(i)),
    product_id: between(product(i), 1000, 9999),
    quantity: pickQuantity(quantity(i)) + 1,
    price: priceOf(price(i)),
    timestamp,
  })
}

export function orderSource(options: SourceOptions): Source<Order> {
  const [order, time] = [ordersAt(options.seed), clock(options)]
  return sourceOf(orders, (i) => order(i, time(i)))
}
