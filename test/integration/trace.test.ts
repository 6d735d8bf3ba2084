import { expect, onTestFinished, test } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { writeAll } from '../support/records.ts'

/** A payment of an order of the source, written by hand. */
const paymentOf = (order: Record<string, unknown>, id: string, change: object = {}): string =>
  JSON.stringify({
    ...{ payment_id: id, order_id: order['order_id'], user_id: order['user_id'], status: 'SUCCESS' },
    ...{ amount: Number((Number(order['price']) * Number(order['quantity'])).toFixed(2)), payment_method: 'PayPal' },
    ...{ timestamp: order['timestamp'], ...change },
  })
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const orders = orderSource({ seed: 3, startMs: Date.now() - 60_000, intervalMs: 1_000 })
const orderOf = (i: number): Record<string, unknown> => JSON.parse(orders.json(i)) as Record<string, unknown>
const idOf = (i: number): string => String(orderOf(i)['order_id'])

test('an order is found by its id and by its payments, with why it is where it is', async () => {
  const { brokers } = await ownBroker()
  const client = new Client({ brokers })
  onTestFinished(() => client.close())
  const payflow = (...argv: string[]) => command(argv, { brokers })
  const trace = async (id: string) => (await payflow('trace', id, '--json')).documents()[0]!
  expect((await payflow('topics', 'create')).exitCode).toBe(0)
  expect((await payflow('trace', uuid(1))).stderr).toContain(`No order and no payment has the id ${uuid(1)}`)

  await writeAll(
    brokers,
    'orders',
    Array.from({ length: 20 }, (_, i) => ({ key: orders.key(i), value: orders.json(i) })),
  )
  const unpaid = await trace(idOf(0))
  expect(unpaid).toMatchObject({ orderId: idOf(0), userId: orderOf(0)['user_id'], outcome: 'no payment yet' })
  expect(unpaid['findings']).toMatchObject([{ kind: 'never-ran', worker: 'process-orders' }, { kind: 'no-payment' }])

  const stranger = { ...orderOf(4), order_id: uuid(77) } // of a known user, and no order
  await writeAll(brokers, 'payments', [
    { key: orders.key(1), value: paymentOf(orderOf(1), uuid(101)) },
    { key: orders.key(2), value: paymentOf(orderOf(2), uuid(102), { status: 'FAILED' }) },
    { key: orders.key(2), value: paymentOf(orderOf(2), uuid(103)).toUpperCase().replaceAll(/"([A-Z_]+)":/g, (_, name: string) => `"${name.toLowerCase()}":`).replace('PAYPAL', 'PayPal') },
    { key: orders.key(3), value: paymentOf(orderOf(3), uuid(104), { amount: 1.234 }) },
    { key: orders.key(4), value: paymentOf(stranger, uuid(105)) },
  ]) // prettier-ignore
  const done = await payflow(
    'worker',
    'failed-payments',
    'large-orders',
    'process-orders',
    'process-payments',
    '--until-caught-up',
  )
  expect(done.exitCode).toBe(0)

  const paid = await trace(idOf(1))
  expect(paid).toMatchObject({ outcome: 'PAID', paymentId: null, findings: [] })
  expect((paid['records'] as { topic: string }[]).map(({ topic }) => topic)).toEqual(expect.arrayContaining(['orders', 'payments', 'enriched_orders', 'order_status'])) // prettier-ignore
  // one partition of each topic, chosen by the key's hash: neither of the other orders is looked at
  expect((paid['searched'] as { by: string }[]).every(({ by }) => by === 'key')).toBe(true)

  const twice = await trace(idOf(2))
  expect(twice).toMatchObject({ outcome: 'DECLINED, then PAID', findings: [] })
  const byPayment = await trace(uuid(102))
  expect(byPayment).toMatchObject({ orderId: idOf(2), paymentId: uuid(102), outcome: 'DECLINED, then PAID' })
  expect(byPayment['records']).toEqual(twice['records'])
  expect((await trace(idOf(2).toUpperCase()))['records']).toEqual(twice['records'])

  const refused = await trace(uuid(104))
  expect(refused).toMatchObject({ outcome: 'refused', records: [] })
  expect(refused['findings']).toEqual(
    expect.arrayContaining([expect.objectContaining({ kind: 'dead-letter', worker: 'process-payments', text: expect.stringContaining('decimals') as string, command: expect.stringMatching(/^payflow dead-letters show \d:\d+$/) as string })]),
  ) // prettier-ignore

  const waiting = await trace(uuid(105))
  expect(waiting).toMatchObject({ orderId: uuid(77), paymentId: uuid(105), outcome: 'payment without a status yet' })
  expect(waiting['findings']).toMatchObject([{ kind: 'waits-for-order', worker: 'process-payments' }])

  const { stdout } = await command(['trace', idOf(1)], { brokers, terminal: true, env: { NO_COLOR: '1' } })
  expect(stdout).toContain(`Order ${idOf(1)} of user ${String(orderOf(1)['user_id'])}: PAID`)
  expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true)
}, 180_000)

test('what is no id is refused before anything is asked', async () => {
  const { exitCode, stderr } = await command(['trace', '17'], { brokers: ['127.0.0.1:1'] })
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('"17" names no order and no payment')])
})
