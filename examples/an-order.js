import { cents, event } from 'payflow'
import { orders } from './orders.js'

export const noon = Date.UTC(2026, 0, 1, 12)

/** Items of these quantities. */
export const items = (...quantities) =>
  quantities.map((quantity) => ({
    product_id: '11111111-1111-4111-8111-111111111111',
    name: 'thing',
    quantity,
    price: cents(5),
  }))

/** For tests: an order of one thing for 5.00 EUR, at noon. */
export const anOrder = (given = {}) =>
  event(orders, {
    order_id: '22222222-2222-4222-8222-222222222222',
    customer_name: 'Ada Lovelace',
    customer_email: 'ada@example.org',
    amount: cents(5),
    currency: 'EUR',
    status: 'confirmed',
    item_count: 1,
    created_at: noon,
    shipping_address: { street: '1 Main St', city: 'London', country: 'Malta', zip_code: '12345' },
    items: items(1),
    ...given,
  })
