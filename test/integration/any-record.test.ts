import { randomBytes } from 'node:crypto'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, inject, test } from 'vitest'
import { deadLetters } from '../../src/app/dead-letters/list.ts'
import { readReplayPlan } from '../../src/app/dead-letters/replay.ts'
import { layoutOf } from '../../src/infra/local/layout.ts'
import { ConfigResourceTypes } from 'kafkajs'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import { DEAD_LETTERS, inboxTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { withAdmin } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { testKafka } from '../support/java-options.ts'
import { produceRaw, rawBatch, type RawRecord } from '../support/raw-batches.ts'
import { readAll, writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const clock = { seed: 5, startMs: Date.UTC(2026, 0, 1), intervalMs: 10 }
const orders = orderSource(clock)
const payments = paymentSource({ ...clock, failureRate: 1 })
const payment = (i: number): Buffer => Buffer.from(payments.json(i))
const MEBIBYTE = 1 << 20

async function lettersOf(worker: string) {
  const letters = []
  for await (const letter of deadLetters(client(), { worker })) letters.push(letter)
  return letters
}

async function setLimit(topic: string, bytes: number): Promise<void> {
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }]
  await withAdmin(brokers(), (admin) => admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] })) // prettier-ignore
}

async function write(topic: string, ...batches: (readonly RawRecord[])[]): Promise<void> {
  const connection = client().connect()
  for (const records of batches) await produceRaw(connection, { topic, partition: 0 }, await rawBatch(records, 'gzip'))
}

const times = [1_700_000_000_000_000n, -1n, -86_400_000n, 0n, 2n ** 63n - 1n, 253_402_300_800_000n]

test('whatever time a record has, it is processed, or refused with that time', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('failed-payments')!, { partitions: 1 })
  await write(
    topicOf('payments'),
    times.flatMap((timestamp, i) => [
      { key: null, value: Buffer.from('no JSON'), timestamp },
      { key: null, value: payment(i), timestamp },
    ]),
  )
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ processed: 12, emitted: 6, deadLetters: 6 })
  expect(await readAll(brokers(), output)).toHaveLength(6)
  const letters = (await lettersOf(worker.name)).sort((a, b) => a.origin.offset - b.origin.offset)
  const header = (name: string) => letters.map(({ record }) => record.headers.find(({ key }) => key === name)!.value!.toString()) // prettier-ignore
  expect(header('payflow.timestamp')).toEqual([
    '1700000000000000',
    '-1',
    '-86400000',
    '1970-01-01T00:00:00.000Z',
    '9223372036854775808',
    '253402300800000',
  ])
  expect(letters.map(({ origin }) => origin.timestamp)).toEqual([
    1.7e15,
    -1,
    -86_400_000,
    0,
    2 ** 63,
    253_402_300_800_000,
  ])
})

test('a stray of any time reaches its user through the inbox, and a stranger’s headers there are taken for nothing', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  const records = times.flatMap((timestamp, i) => [0, 1, 2].map((j) => ({ key: null, value: Buffer.from(orders.json(3 * i + j)), timestamp }))) // prettier-ignore
  await write(topicOf('orders'), records)
  await runUntilCaughtUp([worker])
  expect(await readAll(brokers(), output)).toHaveLength(18)
  const forged = (headers: Record<string, string>): RawRecord => ({
    key: Buffer.from([0xff, 0xfe]),
    value: Buffer.from(orders.json(50)),
    headers: Object.entries(headers).map(([key, value]) => ({ key: Buffer.from(`payflow.${key}`), value: Buffer.from(value) })), // prettier-ignore
  })
  const topic = topicOf('orders')
  await write(inboxTopic(worker.name), [
    forged({ topic, partition: 'NaN', offset: '1e999', timestamp: '+275760-09-13T00:00:00Z', replays: '-1' }),
    forged({ topic: 'x'.repeat(100_000), partition: '-3', offset: '' }),
    forged({ topic: '__proto__', timestamp: '99999999999999999999' }),
    forged({}),
  ])
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ processed: 4, emitted: 0, deadLetters: 4 })
  for (const { origin, reason } of await lettersOf(worker.name)) {
    expect(Number.isSafeInteger(origin.partition) && Number.isSafeInteger(origin.offset)).toBe(true)
    expect(reason.length).toBeLessThan(400)
  }
})

test('a few bytes that unpack to twelve megabytes become a dead letter, whole', async () => {
  const { worker, topicOf } = await isolated(findWorker('failed-payments')!, { partitions: 1 })
  const value = Buffer.alloc(12 * MEBIBYTE, 'no JSON ')
  await write(topicOf('payments'), [{ key: null, value }], [{ key: null, value: payment(1) }])
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ processed: 2, emitted: 1, deadLetters: 1 })
  const [letter] = await lettersOf(worker.name)
  expect(letter!.record.value!.equals(value)).toBe(true)
})

test('what no dead letter can hold is cut, says so, and cannot be replayed', async () => {
  const { worker, topicOf } = await isolated(findWorker('failed-payments')!, { partitions: 1 })
  await setLimit(topicOf('payments'), 30 * MEBIBYTE)
  const value = randomBytes(11 * MEBIBYTE)
  const headers = [{ key: Buffer.from('own'), value: Buffer.from('1') }]
  const at = { topic: topicOf('payments'), partition: 0 }
  await produceRaw(client().connect(), at, await rawBatch([{ key: randomBytes(9), value, headers }]))
  await write(topicOf('payments'), [{ key: null, value: payment(1) }])
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ processed: 2, emitted: 1, deadLetters: 1 })
  const [letter] = await lettersOf(worker.name)
  const kept = letter!.record.value!
  expect(kept.equals(value.subarray(0, kept.length))).toBe(true)
  expect(kept.length).toBeGreaterThan(10 * MEBIBYTE - 1_000)
  const note = letter!.record.headers.find(({ key }) => key === 'payflow.cut')!.value!.toString()
  expect(note).toBe(`value=${kept.length}/${value.length}, headers=0/1, key=9/9`)
  const plan = await readReplayPlan(client(), [worker], { ids: [letter!.id], filter: {}, force: true }, AbortSignal.timeout(60_000)) // prettier-ignore
  expect(plan.replays).toEqual([])
  expect(plan.skipped[0]!.why).toContain('too large to be kept whole')
})

test('a state that the changelog cannot hold makes its record a dead letter, and its neighbours go through', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('process-orders')!, { partitions: 1 })
  const user = (name: string) => Buffer.from(JSON.stringify({ user_id: 1, name, event_type: 'login', product_id: null, timestamp: '2025-12-31T00:00:00Z' })) // prettier-ignore
  await write(topicOf('users'), [{ key: null, value: user('Ada') }], [{ key: null, value: user('x'.repeat(12 * MEBIBYTE)) }]) // prettier-ignore
  await runUntilCaughtUp([worker])
  await write(topicOf('orders'), [{ key: null, value: Buffer.from(JSON.stringify({ ...(JSON.parse(orders.json(1)) as object), user_id: 1 })) }]) // prettier-ignore
  await runUntilCaughtUp([worker])
  expect((await lettersOf(worker.name)).map(({ reason }) => reason)).toEqual([
    'the state of 1 would be more than a record may have',
  ])
  expect((await readAll(brokers(), output)).map(({ value }) => (JSON.parse(value!) as { user: { name: string } }).user.name)).toEqual(['Ada']) // prettier-ignore
})

test('a limit that is lowered under a running worker splits its batches and loses nothing', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  const run = start([worker])
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
  await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(300))
  await setLimit(output, 2_000)
  await writeAll(brokers(), topicOf('orders'), orderMessages(300, 1_200))
  await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(1_200))
  run.stop()
  await run.done
  await expectExactRevenue(brokers(), output, 1_200)
})

test('an output that its topic does not take makes its record a dead letter', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('process-orders')!, { partitions: 1 })
  await setLimit(output, 400)
  const name = 'x'.repeat(500)
  const user = { user_id: 1, name, event_type: 'login', product_id: null, timestamp: '2025-12-31T00:00:00Z' }
  await write(topicOf('users'), [{ key: null, value: Buffer.from(JSON.stringify(user)) }])
  await runUntilCaughtUp([worker])
  const order = (user_id: number) => ({ key: null, value: Buffer.from(JSON.stringify({ ...(JSON.parse(orders.json(1)) as object), user_id })) }) // prettier-ignore
  await write(topicOf('orders'), [order(2), order(1), order(3)])
  const [summary] = await runUntilCaughtUp([worker])
  expect(summary).toMatchObject({ emitted: 2, deadLetters: 1 })
})

test('a record that is larger than a fetch is read, whatever else there is to read', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('failed-payments')!, { partitions: 3 })
  await setLimit(topicOf('payments'), 30 * MEBIBYTE)
  const large = Buffer.from(JSON.stringify({ ...(JSON.parse(payments.json(0)) as object), note: randomBytes(3 * MEBIBYTE).toString('hex') })) // prettier-ignore
  const connection = client().connect()
  for (const partition of [0, 1, 2]) {
    const at = { topic: topicOf('payments'), partition }
    await produceRaw(connection, at, await rawBatch([{ key: null, value: large }]))
    await produceRaw(connection, at, await rawBatch([{ key: null, value: payment(1) }]))
  }
  await runUntilCaughtUp([worker])
  expect(await readAll(brokers(), output)).toHaveLength(6)
})

test('records that the broker’s disk has damaged are named, after all before them were processed', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('failed-payments')!, { partitions: 1 })
  const topic = topicOf('payments')
  const batches = [[0, 1, 2], [3], [4]].map((list) => list.map((i) => ({ key: null, value: payment(i) })))
  const connection = client().connect()
  for (const batch of batches) await produceRaw(connection, { topic, partition: 0 }, await rawBatch(batch))
  const directory = join(layoutOf(inject('home'), testKafka).data, 'kafka-0', `${topic}-0`)
  const segment = (await readdir(directory)).find((name) => name.endsWith('.log'))!
  const file = await open(join(directory, segment), 'r+')
  const first = (await rawBatch(batches[0]!)).length
  await file.write(Buffer.from('7'), 0, 1, first + 100)
  await file.close()
  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
    code: 'CORRUPT_BATCH',
    message: expect.stringContaining(`${topic}/0 from offset 3 are damaged`) as string,
    hint: expect.stringContaining('`payflow groups reset') as string,
  })
  expect(await readAll(brokers(), output)).toHaveLength(3)
})

test('dead letters that a stranger wrote, or with times of no year, can be listed', async () => {
  const { worker } = await isolated(findWorker('failed-payments')!, { partitions: 1 })
  await runUntilCaughtUp([worker])
  const headers = { worker: worker.name, reason: 'x', topic: 'payments', partition: '0', offset: '1', timestamp: '+275760-09-13T00:00:00Z' } // prettier-ignore
  await write(DEAD_LETTERS, [
    { key: null, value: null, timestamp: 1_700_000_000_000_000n, headers: Object.entries(headers).map(([key, value]) => ({ key: Buffer.from(`payflow.${key}`), value: Buffer.from(value) })) }, // prettier-ignore
    { key: null, value: gzipSync('x'), timestamp: -1n, headers: [{ key: Buffer.from([0xff]), value: null }] },
  ])
  const { letterDocument, letterRow } = await import('../../src/cli/views/dead-letter-rows.ts')
  const [letter] = await lettersOf(worker.name)
  expect(letterRow(letter!)).toContain('1700000000000000')
  expect(letterDocument(letter!)).toMatchObject({ time: '1700000000000000' })
})
