import { expect, test } from 'vitest'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { inboxTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { untilReadable } from '../../src/runtime/readable.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { partitionOf } from '../../src/kafka/partitioner.ts'

const clock = { seed: 11, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 }
const orders = orderSource(clock)
const payments = paymentSource({ ...clock, failureRate: 0.3 })
const payment = (i: number, change: object = {}): string =>
  JSON.stringify({ ...(JSON.parse(payments.json(i)) as object), ...change })
const payflow = (...argv: string[]) => command(argv, { brokers: brokers() })

/** The same worker, but one that refuses whatever comes. */
const refusing = (worker: AnyWorker): AnyWorker => ({ ...worker, on: Object.fromEntries(Object.keys(worker.on).map((alias) => [alias, () => ({ reject: 'not today' })])) }) // prettier-ignore

test('dead letters are listed newest last, counted by reason, filtered, and shown with the mistake marked', async () => {
  const { worker, topicOf } = await isolated(findWorker('large-orders')!)
  const topic = topicOf('payments')
  const bad = [payment(1, { amount: -1 }), payment(2, { amount: -2.5 }), '{"payment_id":', Buffer.from([0xff, 0x7b])]
  await writeAll(brokers(), topic, bad.map((value) => ({ key: 'k', value, partition: 2 }))) // prettier-ignore
  await runUntilCaughtUp([worker])

  const listed = (await payflow('dead-letters', 'list', '--worker', worker.name, '--json')).documents()
  expect(listed.map(({ topic: from, partition, offset, key }) => [from, partition, offset, key])).toEqual(
    bad.map((_, offset) => [topic, 2, offset, 'k']),
  )
  const { stdout } = await payflow('dead-letters', 'list', '--worker', worker.name, '-n', '1')
  expect(stdout).toContain('the value is not UTF-8 text')
  expect(stdout).toMatch(/^ +2 +large-orders-\w+ +amount must be at least 0$/m)
  const narrowed = await payflow('dead-letters', 'list', '--topic', topic, '--reason', 'NOT -2.5', '--json')
  expect(narrowed.documents()).toMatchObject([{ offset: 1, value: bad[1] }])

  const show = async (i: number) => (await payflow('dead-letters', 'show', String(listed[i]!['id']))).stdout.split('\n')
  const amount = await show(1)
  const line = amount.indexOf(bad[1] as string)
  expect(amount[line + 1]!.indexOf('^')).toBe((bad[1] as string).indexOf('-2.5'))
  expect((await show(3)).join('\n')).toMatch(/ff 7b +\.\{\n {10}\^\^/)
})

test('a record that can be processed now is replayed once, however often that is asked for', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  const others = [{ key: null, value: orders.json(2) }, { key: 'somebody else', value: orders.json(3) }] // prettier-ignore
  await writeAll(brokers(), topicOf('orders'), [{ key: orders.key(1), value: orders.json(1) }, ...others])
  await runUntilCaughtUp([refusing(worker)])
  const plan = await payflow('dead-letters', 'replay', '--worker', worker.name, '--dry-run')
  expect(plan.stdout).toBe(`hand over: 3 to payflow-${worker.name}-inbox\n`)
  const replayed = async () =>
    (await readAll(brokers(), `payflow-${worker.name}-inbox`)).filter(({ headers }) => 'payflow.replays' in headers)
  expect(await replayed()).toEqual([])

  expect((await payflow('dead-letters', 'replay', '--worker', worker.name, '--yes')).exitCode).toBe(0)
  const again = await payflow('dead-letters', 'replay', '--worker', worker.name, '--yes')
  expect(again.stdout).toBe('handed over: nothing\n')
  expect(again.stderr).toContain('replayed already')

  const inbox = await replayed()
  expect(inbox.map(({ value }) => value).sort()).toEqual([1, 2, 3].map((i) => orders.json(i)).sort())
  for (const { partition, key, headers } of inbox) {
    expect(partition).toBe(partitionOf(key!, 3))
    expect(headers).toMatchObject({ 'payflow.topic': topicOf('orders'), 'payflow.replays': '1' })
  }
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ emitted: 3, deadLetters: 0 })
  expect(await readAll(brokers(), output)).toHaveLength(3)
})

test('replays are counted from dead letter to dead letter, and end after three', async () => {
  const { worker, topicOf } = await isolated(findWorker('failed-payments')!)
  await writeAll(brokers(), topicOf('payments'), [{ key: 'k', value: payment(1, { amount: 'x' }), partition: 1 }])
  const replayed = async () => {
    await runUntilCaughtUp([worker])
    return payflow('dead-letters', 'replay', '--worker', worker.name, '--yes')
  }
  for (let times = 1; times <= 3; times++) expect((await replayed()).stdout).toContain('handed over: 1 to')
  const refused = await replayed()
  expect(refused.stdout).toBe('handed over: nothing\n')
  expect(refused.stderr).toContain('it was replayed 3 times and refused each time')

  const letters = (await payflow('dead-letters', 'list', '--worker', worker.name, '--json')).documents()
  expect(letters.map(({ replays, offset, key }) => [replays, offset, key])).toEqual(
    [0, 1, 2, 3].map((n) => [n, 0, 'k']),
  )
  const superseded = await payflow('dead-letters', 'replay', String(letters[0]!['id']), '--dry-run')
  expect(superseded.stdout).toContain(`the record was refused again later, as ${String(letters[3]!['id'])}`)
})

test('two replays at once hand each record over once', async () => {
  const { worker, topicOf } = await isolated(findWorker('large-orders')!)
  await writeAll(brokers(), topicOf('payments'), Array.from({ length: 50 }, (_, i) => ({ key: 'k', value: payment(i, { amount: '' }) }))) // prettier-ignore
  await runUntilCaughtUp([worker])
  const results = await Promise.allSettled(
    [1, 2].map(() => payflow('dead-letters', 'replay', '--worker', worker.name, '--yes')),
  )
  const codes = results.map((result) => (result.status === 'fulfilled' ? result.value.exitCode : NaN))
  expect(codes).toContain(0)
  expect(codes.every((code) => code === 0 || code === 1)).toBe(true)
  await untilReadable(client().shared, [inboxTopic(worker.name)])
  const inbox = await readAll(brokers(), inboxTopic(worker.name))
  expect(inbox).toHaveLength(50)
  expect(new Set(inbox.map(({ headers }) => headers['payflow.offset'] ?? '')).size).toBe(50)
})

test.each([
  [['show', '0:x'], 2, 'names no dead letter'],
  [['show', '0:999999999'], 1, 'There is no dead letter 0:999999999'],
  [['show', '77:0'], 1, 'There is no dead letter 77:0'],
  [['replay'], 2, 'Say which dead letters'],
  [['replay', '0:1', '--all'], 2, 'Say which dead letters'],
  [['replay', '0:999999999'], 1, 'There is no dead letter 0:999999999'],
])('dead-letters %j is refused in words', async (argv, exitCode, message) => {
  const result = await payflow('dead-letters', ...argv)
  expect(result.exitCode).toBe(exitCode)
  expect(result.stderr).toContain(message)
})
