import { expect } from 'vitest'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { readAll } from './records.ts'

const orders = orderSource({ seed: 11, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 })

export const orderMessages = (from: number, to: number): { key: string; value: string }[] =>
  Array.from({ length: to - from }, (_, i) => ({ key: orders.key(from + i), value: orders.json(from + i) }))

/**
 * Every intermediate sum of aggregated-revenue over orders 0..count, in the order of each user, once: a lost, doubled or
 * half-counted order shows. Computed here from the orders, read back with kafkajs's own consumer.
 */
export async function expectExactRevenue(brokers: readonly string[], topic: string, count: number): Promise<void> {
  const cents = new Map<string, number[]>()
  for (let i = 0; i < count; i++) {
    const { user_id, price, quantity } = orders.event(i)
    const sums = cents.get(String(user_id)) ?? []
    cents.set(String(user_id), [...sums, (sums.at(-1) ?? 0) + price * quantity])
  }
  const found = new Map<string, number[]>()
  for (const { key, value } of await readAll(brokers, topic)) {
    const { total_revenue } = JSON.parse(value!) as { total_revenue: number }
    found.set(key!, [...(found.get(key!) ?? []), Math.round(total_revenue * 100)])
  }
  expect(found).toEqual(cents)
}
