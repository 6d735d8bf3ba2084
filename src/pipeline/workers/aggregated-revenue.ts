import { z } from 'zod'
import { zodCents } from '../codec/zod-cents.ts'
import { MAX_CENTS, addCents, moneyText, type Cents } from '../money.ts'
import { aggregatedRevenue, orders } from '../events/topics.ts'
import { defineWorker } from '../worker/define-worker.ts'
import { userKey } from '../events/user-key.ts'
import { totalTooLarge, orderTotal } from './order-total.ts'

const revenue = z.object({ cents: zodCents(), orders: z.int().min(0) })

export const aggregatedRevenueWorker = defineWorker({
  name: 'aggregated-revenue',
  summary: "Each user's running total of orders",
  inputs: { orders },
  output: aggregatedRevenue,
  state: {
    schema: revenue,
    initial: { cents: 0 as Cents, orders: 0 },
    key: { orders: userKey },
  },
  partitionBy: { orders: userKey },
  tally: { revenueCents: (event, state) => event.total_revenue - state.cents },
  on: {
    orders: (order, state) => {
      const total = orderTotal(order)
      if (total === undefined) return { reject: totalTooLarge }
      const cents = addCents(state.cents, total)
      if (cents === undefined)
        return { reject: `the total revenue of user ${order.user_id} would pass ${moneyText(MAX_CENTS)}` }
      const count = state.orders + 1
      return {
        state: { cents, orders: count },
        emit: [{ user_id: order.user_id, total_revenue: cents, order_count: count, timestamp: order.timestamp }],
      }
    },
  },
})
