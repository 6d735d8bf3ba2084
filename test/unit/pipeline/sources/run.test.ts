import { expect, it } from 'vitest'
import { orderSource } from '../../../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../../../src/pipeline/sources/payments.ts'
import type { Source } from '../../../../src/pipeline/sources/source.ts'
import { userSource } from '../../../../src/pipeline/sources/users.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'
import { failedPaymentsWorker } from '../../../../src/pipeline/workers/failed-payments.ts'
import { frequentFailedPaymentsWorker } from '../../../../src/pipeline/workers/frequent-failed-payments.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'
import { NOON_MS, type TopicEvent } from '../../../../src/pipeline/testing/events.ts'
import { Fold } from '../../../../src/pipeline/testing/fold.ts'

const SECONDS = 20
const rates = { orders: 50, payments: 50, users: 20 }

const at = (seed: number, rate: number) => ({ seed, startMs: NOON_MS, intervalMs: 1000 / rate })
const paymentsOf = (seed: number) => paymentSource({ ...at(seed, rates.payments), failureRate: 0.15 })
const allOf = (seed: number): Source[] => [
  orderSource(at(seed, rates.orders)),
  paymentsOf(seed),
  userSource(at(seed, rates.users)),
]

/** All that a run at default rates produces, in the order of time. */
function produced(sources: readonly Source[]): TopicEvent[] {
  return sources
    .flatMap((source) => {
      const count = rates[source.topic.name as keyof typeof rates] * SECONDS
      return Array.from({ length: count }, (_, i) => ({ topic: source.topic, event: source.event(i) }))
    })
    .sort((a, b) => a.topic.timeOf!(a.event) - b.topic.timeOf!(b.event))
}

/** How many events each worker derives. A worker comes after those that feed it. */
function derived(sources: readonly Source[], through: readonly AnyWorker[]): Record<string, number> {
  const events = produced(sources)
  const counts: Record<string, number> = {}
  for (const worker of through) {
    const inputs = new Set(Object.values(worker.inputs).map(({ name }) => name))
    const fold = new Fold(worker)
    for (const event of events.filter(({ topic }) => inputs.has(topic.name))) fold.process(event)
    expect(fold.rejected).toEqual([])
    counts[worker.output.name] = fold.emitted.length
    events.push(...fold.emitted.map((event) => ({ topic: worker.output, event })))
  }
  return counts
}

it('leaves no derived topic empty after 20 s at default rates', () => {
  for (let seed = 1; seed <= 3; seed++) {
    const counts = derived(allOf(seed), workers)
    expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([])
    expect(counts['aggregated_revenue']).toBe(rates.orders * SECONDS)
    expect(counts['order_status']).toBe(rates.payments * SECONDS)
  }
})

it('has a user with too many failed payments within 20 s, whatever the seed', () => {
  for (let seed = 0; seed < 50; seed++) {
    const counts = derived([paymentsOf(seed * 1_000_003)], [failedPaymentsWorker, frequentFailedPaymentsWorker])
    expect(counts['frequent_failed_payments']).toBeGreaterThan(0)
  }
})
