import { MAX_CENTS, moneyText, multiplyCents, type Cents } from '../money.ts'
import type { Order } from '../events/topics.ts'

/** What an order costs; undefined when that is more than payflow can count exactly. */
export const orderTotal = (order: Order): Cents | undefined => multiplyCents(order.price, order.quantity)

/** Why an order without a total is a dead letter. */
export const totalTooLarge = `price times quantity is more than ${moneyText(MAX_CENTS)}`
