import { addCents, cents, defineTopic, defineWorker, integer, money, text, z, zodCents } from 'payflow'
import { orders } from './orders.js'

const fields = { currency: text(), orders: integer(1), items: integer(0), revenue: money() }

const itemsOf = (order) => order.items.reduce((sum, { quantity }) => sum + quantity, 0)

export default defineWorker({
  name: 'items-per-currency',
  summary: 'Items sold and money taken, per currency',
  inputs: { orders },
  output: defineTopic('items_per_currency', fields, { key: ({ currency }) => currency }),
  state: {
    schema: z.object({ orders: z.int(), items: z.int(), cents: zodCents() }),
    initial: { orders: 0, items: 0, cents: cents(0) },
    key: { orders: (order) => order.currency },
  },
  on: {
    orders: (order, before) => {
      if (order.status === 'cancelled') return undefined
      const revenue = addCents(before.cents, order.amount)
      if (revenue === undefined) return { reject: 'the revenue is more than can be counted exactly' }
      const sum = { orders: before.orders + 1, items: before.items + itemsOf(order) }
      return { state: { ...sum, cents: revenue }, emit: [{ currency: order.currency, ...sum, revenue }] }
    },
  },
})
