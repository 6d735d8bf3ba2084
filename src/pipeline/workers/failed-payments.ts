import { failedPayments, payments } from '../events/topics.ts'
import { defineWorker } from '../worker/define-worker.ts'

export const failedPaymentsWorker = defineWorker({
  name: 'failed-payments',
  summary: 'Payments that were declined',
  inputs: { payments },
  output: failedPayments,
  on: {
    payments: ({ order_id, user_id, status, amount, payment_method, timestamp }) =>
      status === 'FAILED' ? { emit: [{ order_id, user_id, amount, payment_method, timestamp }] } : undefined,
  },
})
