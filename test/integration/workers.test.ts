import { expect, test } from 'vitest'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import type { WorkerEvent } from '../../src/runtime/events.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { describeGroup } from '../../src/kafka/groups.ts'
import { brokers } from '../support/broker.ts'
import { client, eventsOf, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'
import { partitionOf } from '../../src/kafka/partitioner.ts'

const clock = { seed: 42, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 }
const orders = orderSource(clock)
const payments = paymentSource({ ...clock, failureRate: 0.3 })
const messages = (source: { key: (i: number) => string; json: (i: number) => string }, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ key: source.key(from + i), value: source.json(from + i) }))
const json = (value: string | null): Record<string, unknown> => JSON.parse(value ?? 'null') as Record<string, unknown>

test('each payment above the threshold gives one large order, in the partition of its user', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('large-orders')!)
  await writeAll(brokers(), topicOf('payments'), messages(payments, 0, 2_000))
  const [summary] = await runUntilCaughtUp([worker])
  const expected = Array.from({ length: 2_000 }, (_, i) => payments.event(i)).filter(({ amount }) => amount > 50_000)
  const found = await readAll(brokers(), output)
  expect(summary).toMatchObject({ processed: 2_000, emitted: expected.length, deadLetters: 0 })
  expect(found.map(({ value }) => json(value)['order_id']).sort()).toEqual(
    expected.map(({ order_id }) => order_id).sort(),
  )
  for (const { key, value, partition } of found) {
    expect(key).toBe(String(json(value)['user_id']))
    expect(partition).toBe(partitionOf(key!, 3))
  }
})

test('slow steps do not keep a process from its brokers: it commits what it has', async () => {
  const large = findWorker('large-orders')!
  const busy = (): undefined => {
    for (const until = performance.now() + 2; performance.now() < until;);
  }
  const { worker, topicOf } = await isolated({ ...large, on: { payments: busy } }, { partitions: 1 })
  await writeAll(brokers(), topicOf('payments'), messages(payments, 0, 600))
  const running = start([worker], { untilCaughtUp: true })
  expect(await running.done).toMatchObject([{ processed: 600 }])
  // a tenth of a second at 2 ms a record, and what is processed between two looks at the clock
  for (const { processed } of eventsOf(running.events, 'committed')) expect(processed).toBeLessThanOrEqual(96)
})

test('running totals go on after a restart, from exactly what was committed', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  await writeAll(brokers(), topicOf('orders'), messages(orders, 0, 1_000))
  await runUntilCaughtUp([worker])
  await writeAll(brokers(), topicOf('orders'), messages(orders, 1_000, 2_000))
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ processed: 1_000, emitted: 1_000 })
  const cents = new Map<number, number>()
  const counts = new Map<number, number>()
  const expected = Array.from({ length: 2_000 }, (_, i) => {
    const { user_id, price, quantity } = orders.event(i)
    cents.set(user_id, (cents.get(user_id) ?? 0) + price * quantity)
    counts.set(user_id, (counts.get(user_id) ?? 0) + 1)
    return `${user_id} ${counts.get(user_id)!} ${cents.get(user_id)! / 100}`
  })
  const found = (await readAll(brokers(), output)).map(({ value }) => json(value))
  expect(
    found.map((v) => `${String(v['user_id'])} ${String(v['order_count'])} ${String(v['total_revenue'])}`).sort(),
  ).toEqual(expected.sort())
})

test('one worker feeds another until both have caught up', async () => {
  const failed = await isolated(findWorker('failed-payments')!)
  const counting = findWorker('frequent-failed-payments')!
  const frequent = await isolated({
    ...counting,
    inputs: { failed_payments: { ...counting.inputs['failed_payments']!, name: 'unused' } },
  })
  const fed = { ...frequent.worker, inputs: { failed_payments: failed.worker.output } }
  await writeAll(brokers(), failed.topicOf('payments'), messages(payments, 0, 3_000))
  const [first, second] = await runUntilCaughtUp([failed.worker, fed])
  const declined = Array.from({ length: 3_000 }, (_, i) => payments.event(i)).filter(
    ({ status }) => status === 'FAILED',
  )
  expect(first).toMatchObject({ processed: 3_000, emitted: declined.length })
  expect(second).toMatchObject({ processed: declined.length })
  expect(second!.emitted).toBeGreaterThan(100)
})

test('instances share the partitions, and one takes over what another leaves', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  const one = start([worker])
  const two = start([worker])
  const owned = (events: readonly WorkerEvent[]): readonly number[] => eventsOf(events, 'assigned').at(-1)?.partitions ?? [] // prettier-ignore
  await eventually(() => expect([...owned(one.events), ...owned(two.events)].sort()).toEqual([0, 1, 2]))
  await writeAll(brokers(), topicOf('orders'), messages(orders, 0, 500))
  await eventually(async () => expect((await describeGroup(client(), `payflow-${worker.name}`)).lag).toBe(0))
  one.stop()
  const [summary] = await one.done
  await writeAll(brokers(), topicOf('orders'), messages(orders, 500, 1_000))
  const rest = await runUntilCaughtUp([worker])
  two.stop()
  const total = [summary!, ...(await two.done), ...rest].reduce((sum, { processed }) => sum + processed, 0)
  expect(total).toBe(1_000)
  expect(await readAll(brokers(), output)).toHaveLength(1_000)
  expect(owned(two.events).length).toBeGreaterThan(0)
})

test('a restarted group ends with lag 0 although commit markers follow its last record', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('failed-payments')!)
  await writeAll(brokers(), topicOf('payments'), messages(payments, 0, 300))
  await runUntilCaughtUp([worker])
  const counting = await isolated(findWorker('frequent-failed-payments')!)
  const reader = { ...counting.worker, inputs: { failed_payments: worker.output } }
  await runUntilCaughtUp([reader])
  const group = await describeGroup(client(), `payflow-${reader.name}`)
  expect(group.lag).toBe(0)
  expect(group.partitions.every(({ committed, end, topic }) => topic !== output || committed === end)).toBe(true)
})

test('each change of members is one rebalance, and who stays keeps its partitions', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!, { partitions: 4 })
  const assigned = (run: { events: readonly WorkerEvent[] }): (readonly number[])[] =>
    eventsOf(run.events, 'assigned').map(({ partitions }) => partitions)
  const one = start([worker])
  await eventually(() => expect(assigned(one)).toEqual([[0, 1, 2, 3]]))
  const two = start([worker])
  await eventually(() => expect(assigned(two)).toHaveLength(1))
  const three = start([worker])
  await eventually(() => expect(assigned(three)).toHaveLength(1))
  two.stop()
  await two.done
  await eventually(() => expect(assigned(one)).toHaveLength(4))
  // Several heartbeats go by before these are processed.
  await writeAll(brokers(), topicOf('orders'), messages(orders, 0, 500))
  await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(500))

  expect([one, two, three].map((run) => assigned(run).length)).toEqual([4, 2, 2])
  const revoked = (run: { events: readonly WorkerEvent[] }): number => eventsOf(run.events, 'phase').filter(({ to }) => to === 'revoked').length // prettier-ignore
  // Of four partitions one keeps two, until the third member takes one from either; nothing else moves from who stays.
  expect([2, 3]).toContain(revoked(one))
  expect(revoked(three)).toBe(0)
})
