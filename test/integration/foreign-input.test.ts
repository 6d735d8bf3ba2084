import { expect, test } from 'vitest'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'

const clock = { seed: 5, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 }
const orders = orderSource(clock)
const payments = paymentSource({ ...clock, failureRate: 0.3 })
const payment = (i: number, change: object = {}): string =>
  JSON.stringify({ ...(JSON.parse(payments.json(i)) as object), ...change })
const deadLettersOf = async (worker: string) =>
  (await readAll(brokers(), 'dead_letters'))
    .filter(({ headers }) => headers['payflow.worker'] === worker)
    .sort((a, b) => Number(a.headers['payflow.offset']) - Number(b.headers['payflow.offset']))

test('bad input becomes a dead letter of each worker that reads it, bytes and key unchanged, and stops nothing', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('failed-payments')!)
  const other = { ...(await isolated(findWorker('large-orders')!)).worker, inputs: worker.inputs }
  const bad: { value: string | Buffer | null; reason: RegExp }[] = [
    { value: Buffer.from([0xff, 0xfe, 0x7b]), reason: /UTF-8/ },
    { value: '{"payment_id":', reason: /JSON/ },
    { value: '[1]', reason: /object/ },
    { value: null, reason: /empty/ },
    { value: '', reason: /empty/ },
    { value: payment(1, { amount: 10.555 }), reason: /amount/ },
    { value: payment(1, { amount: '10' }), reason: /amount/ },
    { value: payment(1, { user_id: 0 }), reason: /user_id/ },
    { value: payment(1, { status: 'failed' }), reason: /status/ },
    { value: payment(1, { timestamp: '2026-01-01T00:00:00' }), reason: /timestamp/ },
    { value: payment(1, { order_id: undefined }), reason: /order_id/ },
  ]
  const good = payment(2, { status: 'FAILED', timestamp: '2026-01-01 00:00:00', unknown: { field: 1 } })
  await writeAll(brokers(), topicOf('payments'), [
    ...bad.map(({ value }) => ({ key: 'a key', value, partition: 1 })),
    { key: '7', value: good },
  ])
  const [summary] = await runUntilCaughtUp([worker, other])
  expect(summary).toMatchObject({ processed: bad.length + 1, emitted: 1, deadLetters: bad.length })
  expect(await readAll(brokers(), output)).toMatchObject([
    { value: expect.stringContaining('2026-01-01T00:00:00.000Z') as string },
  ])
  const letters = await deadLettersOf(worker.name)
  expect(letters).toHaveLength(bad.length)
  const copies = (of: typeof letters) => of.map(({ key, bytes, headers }) => [key, bytes, headers['payflow.offset']])
  expect(copies(await deadLettersOf(other.name))).toEqual(copies(letters))
  for (const [i, { value, reason }] of bad.entries()) {
    const letter = letters[i]!
    expect(letter.headers['payflow.reason']).toMatch(reason)
    expect(letter.headers).toMatchObject({
      'payflow.topic': topicOf('payments'),
      'payflow.partition': '1',
      'payflow.offset': String(i),
    })
    expect(letter.headers['payflow.timestamp']).toMatch(/^20\d\d-.*Z$/)
    expect(letter.key).toBe('a key')
    expect(letter.bytes).toEqual(typeof value === 'string' ? Buffer.from(value) : value)
  }
})

test('records with a wrong key or none reach the state of their user all the same', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  const count = 600
  const keys = [(i: number) => orders.key(i), () => null, () => 'somebody else']
  await writeAll(
    brokers(),
    topicOf('orders'),
    Array.from({ length: count }, (_, i) => ({ key: keys[i % 3]!(i), value: orders.json(i) })),
  )
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary!.emitted).toBe(count)
  const totals = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const { user_id, price, quantity } = orders.event(i)
    totals.set(String(user_id), (totals.get(String(user_id)) ?? 0) + price * quantity)
  }
  const last = new Map<string, unknown>()
  for (const { key, value } of await readAll(brokers(), output))
    last.set(key!, (JSON.parse(value!) as { total_revenue: number }).total_revenue)
  expect(last).toEqual(new Map([...totals].map(([user, cents]) => [user, cents / 100])))
})

test('a record too large for the output becomes a dead letter, and its neighbours go through', async () => {
  const users = findWorker('process-orders')!
  const { worker, topicOf, output } = await isolated(users)
  const user = (name: string) =>
    JSON.stringify({ user_id: 1, name, event_type: 'login', product_id: null, timestamp: '2025-12-31T00:00:00Z' })
  const order = (i: number, user_id = 1) => JSON.stringify({ ...(JSON.parse(orders.json(i)) as object), user_id })
  await writeAll(brokers(), topicOf('users'), [{ key: '1', value: user('x'.repeat(1_048_400)) }])
  const neighbours = [2, 3].map((user_id) => ({ key: '1', value: order(0, user_id) }))
  await writeAll(brokers(), topicOf('orders'), [neighbours[0]!, { key: '1', value: order(0) }, neighbours[1]!])
  await runUntilCaughtUp([worker])
  await writeAll(brokers(), topicOf('users'), [{ key: '1', value: user('Ada') }])
  await runUntilCaughtUp([worker])
  await writeAll(brokers(), topicOf('orders'), [{ key: '1', value: order(1) }])
  await runUntilCaughtUp([worker])
  expect((await deadLettersOf(worker.name)).map(({ headers }) => headers['payflow.reason'])).toEqual([
    expect.stringContaining('more than a record may have'),
  ])
  expect(
    (await readAll(brokers(), output)).map(({ value }) => JSON.parse(value!) as { user_id: number; user: { name: string } | null }).map(({ user_id, user }) => `${user_id} ${user?.name ?? 'nobody'}`).sort(), // prettier-ignore
  ).toEqual(['1 Ada', '2 nobody', '3 nobody'])
})

test('an exception in a worker is a bug: it ends the run and commits nothing', async () => {
  const { worker, topicOf, output } = await isolated({
    ...findWorker('failed-payments')!,
    on: {
      payments: () => {
        throw new TypeError('a bug')
      },
    },
  })
  await writeAll(brokers(), topicOf('payments'), [{ key: '1', value: payment(0) }])
  await expect(runUntilCaughtUp([worker])).rejects.toThrow(/^on\.payments of worker .* failed at .*, offset \d+: a bug/)
  expect(await readAll(brokers(), output)).toEqual([])
  expect(await deadLettersOf(worker.name)).toEqual([])
})
