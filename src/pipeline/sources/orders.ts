import type { Cents } from '../money.ts'
import { orders, type Order } from '../topics.ts'
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

/** All of order i but its time: a payment of it has a clock of its own. */
export function untimedOrders(seed: number): (i: number) => Omit<Order, 'timestamp'> {
  const lane = lanes(seed, 'orders')
  const [user, product, quantity, price] = [lane(0), lane(1), lane(2), lane(3)]
  const [id, pickUser] = [ids(seed, 'orders'), people(seed)]
  return (i) => ({
    order_id: id(i),
    user_id: pickUser(user(i)),
    product_id: between(product(i), 1000, 9999),
    quantity: pickQuantity(quantity(i)) + 1,
    price: priceOf(price(i)),
  })
}

export function orderSource(options: SourceOptions): Source<Order> {
  const [order, time] = [untimedOrders(options.seed), clock(options)]
  return sourceOf(orders, (i) => ({ ...order(i), timestamp: time(i) }))
}
