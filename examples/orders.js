import { defineTopic, epochMillis, integer, list, money, nested, shape, text, uuid } from 'payflow'

/** Orders as another program writes them (here: the load generator khaos), keyed by whatever it likes. */
export const orders = defineTopic(
  'orders',
  {
    order_id: uuid(),
    customer_name: text(),
    customer_email: text(),
    amount: money(),
    currency: text(),
    status: text(),
    item_count: integer(0),
    created_at: epochMillis(),
    shipping_address: nested(shape({ street: text(), city: text(), country: text(), zip_code: text() })),
    items: list(nested(shape({ product_id: uuid(), name: text(), quantity: integer(1), price: money() }))),
  },
  { timeOf: (order) => order.created_at },
)
