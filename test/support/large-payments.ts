import { randomUUID } from 'node:crypto'

/** Payments over 500, each with its own ids, `count` in each of the partitions. */
export const largePayments = (partitions: readonly number[], count: number) =>
  partitions.flatMap((partition) => Array.from({ length: count }, () => ({ partition, key: '1', value: JSON.stringify({ payment_id: randomUUID(), order_id: randomUUID(), user_id: 1, status: 'SUCCESS', amount: 900, payment_method: 'PayPal', timestamp: '2026-01-01T00:00:00Z' }) }))) // prettier-ignore
