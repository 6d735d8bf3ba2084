import { expect, onTestFinished } from 'vitest'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { produce, type ProduceOptions, type ProduceSummary } from '../../src/runtime/producers/produce.ts'
import { readAll } from './records.ts'

export const orders = orderSource({ seed: 11, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 })

/** A producer of orders 0, 1, 2 …, running. */
export function producing(
  topic: string,
  options: Pick<ProduceOptions, 'client' | 'count'> & Partial<ProduceOptions>,
): { done: Promise<ProduceSummary>; acknowledged: () => number } {
  const ended = new AbortController()
  let acknowledged = 0
  const done = produce({
    source: { ...orders, topic: { ...orders.topic, name: topic }, key: (i) => orders.key(i), json: (i) => orders.json(i) }, // prettier-ignore
    rate: 'max',
    signal: ended.signal,
    onProgress: (progress) => (acknowledged = progress.acknowledged),
    ...options,
  })
  onTestFinished(async () => {
    ended.abort()
    await done.catch(() => undefined)
  })
  return { done, acknowledged: () => acknowledged }
}

/** Orders 0 to `count` stand in the topic, each once, those of one user in order. */
export async function expectEach(brokers: readonly string[], topic: string, count: number): Promise<void> {
  const expected = new Map<string, string[]>()
  for (let i = 0; i < count; i++) expected.set(orders.key(i), [...(expected.get(orders.key(i)) ?? []), orders.json(i)])
  const found = new Map<string, string[]>()
  for (const { key, value } of await readAll(brokers, topic)) found.set(key!, [...(found.get(key!) ?? []), value!])
  expect([...found].map(([user, values]) => [user, values.length]).sort()).toEqual(
    [...expected].map(([user, values]) => [user, values.length]).sort(),
  )
  expect(found).toEqual(expected)
}
