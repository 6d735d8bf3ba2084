import { expect, test } from 'vitest'
import { orders, payments, users, type TopicSpec } from '../../src/pipeline/events/topics.ts'
import { order, payment, userEvent } from '../../src/pipeline/testing/events.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

const noonMs = Date.UTC(2026, 0, 1, 12)
const at = (minutes: number): number => noonMs + minutes * 60_000
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const wire = <Event>(topic: TopicSpec<Event>, event: Event) => ({ key: topic.key(event), value: topic.shape.encode(event) }) // prettier-ignore

const orderAt = (n: number, minutes: number) => wire(orders, order({ order_id: id(n), timestamp: at(minutes) }).event)
const paymentAt = (n: number, minutes: number) =>
  wire(payments, payment({ payment_id: id(n), order_id: id(n), timestamp: at(minutes) }).event)

async function joining() {
  const own = await isolated(findWorker('process-payments')!)
  const said = async (): Promise<string[]> =>
    (await readAll(brokers(), own.output)).map(({ value }) => {
      const { order_id, status } = JSON.parse(value ?? '') as { order_id: string; status: string }
      return `${Number(order_id.slice(-4))} ${status}`
    })
  return { ...own, said }
}

test('payments nine minutes before their orders wait for them; eleven minutes before, they are told first and corrected then', async () => {
  const { worker, topicOf, said } = await joining()
  await writeAll(brokers(), topicOf('payments'), [paymentAt(9, 0), paymentAt(11, 0)])
  await writeAll(brokers(), topicOf('orders'), [orderAt(9, 9), orderAt(1, 10.5), orderAt(11, 11)])
  await runUntilCaughtUp([worker])
  // one partition an order: only the statuses of one order have an order among them
  const statuses = await said()
  expect(statuses.filter((line) => line.startsWith('9 '))).toEqual(['9 PAID'])
  expect(statuses.filter((line) => line.startsWith('11 '))).toEqual(['11 UNKNOWN_ORDER', '11 PAID'])
  expect(statuses).toHaveLength(3)
})

test('an input that is idle holds event time not back: the other one moves it, and only as far as it has come', async () => {
  const { worker, topicOf, said } = await joining()
  const running = start([worker])
  await writeAll(brokers(), topicOf('payments'), [paymentAt(1, 0), paymentAt(2, 5), paymentAt(3, 10)])
  await eventually(async () => expect(await said()).toEqual(['1 UNKNOWN_ORDER']), { intervalMs: 300 })
  await writeAll(brokers(), topicOf('payments'), [paymentAt(4, 14.9)])
  await writeAll(brokers(), topicOf('orders'), [orderAt(2, 5)])
  await eventually(async () => expect((await said()).sort()).toEqual(['1 UNKNOWN_ORDER', '2 PAID']), { intervalMs: 300 }) // prettier-ignore
  running.stop()
  await running.done
})

test('what waits outlives the process: payments, their waits and orders are there after a restart', async () => {
  const { worker, topicOf, said } = await joining()
  await writeAll(brokers(), topicOf('payments'), [paymentAt(1, 0), paymentAt(2, 1)])
  await writeAll(brokers(), topicOf('orders'), [orderAt(3, 2)])
  await runUntilCaughtUp([worker])
  expect(await said()).toEqual([])
  await writeAll(brokers(), topicOf('payments'), [paymentAt(3, 3)])
  await writeAll(brokers(), topicOf('orders'), [orderAt(1, 10), orderAt(4, 11)])
  await runUntilCaughtUp([worker])
  expect((await said()).sort()).toEqual(['1 PAID', '2 UNKNOWN_ORDER', '3 PAID'])
})

test('an order gets the profile that its user had at its time, when both were there before', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('process-orders')!)
  const seen = (minutes: number, name: string) => wire(users, userEvent({ name, timestamp: at(minutes) }).event)
  await writeAll(brokers(), topicOf('orders'), [orderAt(1, 0), orderAt(2, 2), orderAt(3, 4)])
  await writeAll(brokers(), topicOf('users'), [seen(1, 'Ada'), seen(3, 'Ada Lovelace')])
  await runUntilCaughtUp([worker])
  const found = (await readAll(brokers(), output)).map(({ value }) => JSON.parse(value ?? '') as { user: { name: string } | null }) // prettier-ignore
  expect(found.map(({ user }) => user?.name)).toEqual([undefined, 'Ada', 'Ada Lovelace'])
})
