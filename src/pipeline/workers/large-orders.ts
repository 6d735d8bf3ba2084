import { largeOrders, payments } from '../events/topics.ts'
import { defineWorker } from '../worker/define-worker.ts'
import { amountOption } from './options.ts'

export const largeOrdersWorker = defineWorker({
  name: 'large-orders',
  summary: 'Payments of more than an amount',
  inputs: { payments },
  output: largeOrders,
  options: {
    threshold: amountOption({
      flag: '--threshold <amount>',
      description: 'a payment of more than this is large',
      default: '500',
    }),
  },
  on: {
    payments: ({ order_id, user_id, amount, payment_method, timestamp }, _state, { threshold }) =>
      amount > threshold ? { emit: [{ order_id, user_id, amount, payment_method, timestamp }] } : undefined,
  },
})
