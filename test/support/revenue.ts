import { expect } from 'vitest'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { readAll } from './records.ts'

const orders = orderSource({ seed: 11, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 })

export const orderMessages = (from: number, to: number): { key: string; value: string }[] =>
  Array.from({ length: to - from }, (_, i) => ({ key: orders.key(from + i), value: orders.json(from + i) }))

export const orderOf = (i: number) => orders.event(i)

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

/**
 * The running totals of each user over orders 0..count, in whatever order the orders came: from one to the next the total grows by
 * one order's, each of the user's orders is in it once, and the count goes 1, 2, 3.
 */
export async function expectRevenueInAnyOrder(brokers: readonly string[], topic: string, count: number): Promise<void> {
  const expected = new Map<string, number[]>()
  for (let i = 0; i < count; i++) {
    const { user_id, price, quantity } = orders.event(i)
    expected.set(String(user_id), [...(expected.get(String(user_id)) ?? []), price * quantity])
  }
  const found = new Map<string, { cents: number; count: number }[]>()
  for (const { key, value } of await readAll(brokers, topic)) {
    const { total_revenue, order_count } = JSON.parse(value!) as { total_revenue: number; order_count: number }
    found.set(key!, [...(found.get(key!) ?? []), { cents: Math.round(total_revenue * 100), count: order_count }])
  }
  const steps = (totals: { cents: number }[]): number[] =>
    totals.map(({ cents }, i) => cents - (totals[i - 1]?.cents ?? 0))
  const ordered = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)
  expect(new Map([...found].map(([user, totals]) => [user, ordered(steps(totals))]))).toEqual(
    new Map([...expected].map(([user, cents]) => [user, ordered(cents)])),
  )
  for (const totals of found.values()) expect(totals.map((total) => total.count)).toEqual(totals.map((_, i) => i + 1))
}
