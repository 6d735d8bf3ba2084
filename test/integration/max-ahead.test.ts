import { expect, test } from 'vitest'
import { audit } from '../../src/app/audit/audit.ts'
import { orderStatusesRule } from '../../src/pipeline/audit/order-statuses.ts'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import { orders, payments } from '../../src/pipeline/events/topics.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { processPaymentsWorker } from '../../src/pipeline/workers/process-payments.ts'
import { produce } from '../../src/runtime/producers/produce.ts'
import { brokers } from '../support/broker.ts'
import { client, defaults, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'

const DAY_MS = 86_400_000
const clock = { seed: 11, startMs: Date.UTC(2026, 0, 1), intervalMs: 1_000 }
const [orderAt, paymentAt] = [orderSource(clock), paymentSource({ ...clock, failureRate: 0 })]
const message = (source: typeof orderAt | typeof paymentAt, i: number) => ({ key: source.key(i), value: source.json(i) }) // prettier-ignore
const optionsOf = (worker: AnyWorker, maxAhead: number) => ({ ...defaults(worker), maxAhead })

const run = (definition: AnyWorker, maxAhead: number) =>
  runUntilCaughtUp([definition], { workers: [{ definition, options: optionsOf(definition, maxAhead) }] })

async function audited(worker: AnyWorker, maxAhead: number) {
  const choice = { worker, options: optionsOf(worker, maxAhead), rule: orderStatusesRule }
  const hooks = { signal: new AbortController().signal, onProgress: () => undefined }
  return (await audit(client(), [choice], hooks)).workers[0]!
}

test('a payment of the year 2099 is a dead letter, and every other one gets its status', async () => {
  const { worker, topicOf, output } = await isolated(processPaymentsWorker, { partitions: 1 })
  const paid = Array.from({ length: 40 }, (_, i) => message(paymentAt, i))
  const distant = payments.shape.encode({ ...paymentAt.event(0), timestamp: Date.UTC(2099, 0, 1) })
  await writeAll(brokers(), topicOf('payments'), [{ key: '1', value: distant }])
  await run(worker, DAY_MS)
  // their orders come a moment later, as they do in real life
  await writeAll(brokers(), topicOf('payments'), paid)
  await run(worker, DAY_MS)
  await writeAll(
    brokers(),
    topicOf('orders'),
    Array.from({ length: 40 }, (_, i) => message(orderAt, i)),
  )
  await run(worker, DAY_MS)

  const statuses = (await readAll(brokers(), output)).map(({ value }) => (JSON.parse(value!) as { status: string }).status) // prettier-ignore
  expect(statuses).toEqual(Array.from({ length: 40 }, () => 'PAID'))
  const letters = (await readAll(brokers(), 'dead_letters')).filter(({ headers }) => headers['payflow.worker'] === worker.name) // prettier-ignore
  expect(letters).toHaveLength(1)
  expect(letters[0]).toMatchObject({ value: distant })
  expect(letters[0]!.headers['payflow.reason']).toBe("timestamp must be at most 1d (--max-ahead) after the record's own time, not 2099-01-01T00:00:00.000Z") // prettier-ignore

  expect(await audited(worker, DAY_MS)).toMatchObject({ missing: 0, unexpected: 0, deadLetters: 1, differences: [] })
  const audits = await audited(worker, Infinity)
  expect(audits.missing + audits.unexpected).toBeGreaterThan(0)
})

test('what payflow produces is never too far ahead: its records have the time of their events, if that is in the future', async () => {
  const { worker, topicOf, output } = await isolated(processPaymentsWorker, { partitions: 1 })
  const future = { ...clock, startMs: Date.now() + 400 * DAY_MS }
  for (const source of [orderSource(future), paymentSource({ ...future, failureRate: 0 })]) {
    const topic = { ...source.topic, name: topicOf(source.topic.name) }
    const options = { client: { brokers: brokers() }, rate: 'max' as const, count: 50, onProgress: () => undefined }
    await produce({ ...options, source: { ...source, topic }, signal: new AbortController().signal })
  }
  await run(worker, DAY_MS)
  expect(await readAll(brokers(), output)).toHaveLength(50)
  expect(await audited(worker, DAY_MS)).toMatchObject({ missing: 0, unexpected: 0, deadLetters: 0, differences: [] })
  const [first] = await readAll(brokers(), topicOf('orders'))
  expect(first!.timestamp).toBe(orders.timeOf!(orderSource(future).event(49)))
})
