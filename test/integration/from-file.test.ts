import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { ConfigResourceTypes } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { partitionOf } from '../../src/kafka/partitioner.ts'
import { withAdmin } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client } from '../support/isolated.ts'
import { produceRaw, rawBatch, type RawRecord } from '../support/raw-batches.ts'
import { readAll } from '../support/records.ts'

const payflow = (stdin: string | Buffer, ...argv: string[]) => command(argv, { brokers: brokers(), stdin })
const whole = ['--from', 'start', '--to', 'end', '--json']

async function ownTopic(partitions = 3, settings: Record<string, string> = {}): Promise<string> {
  const topic = `copy-${randomUUID().slice(0, 8)}`
  await createTopics(client(), [{ topic, partitions, replicationFactor: 1 }])
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
  if (configEntries.length > 0)
    await withAdmin(brokers(), (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
      }),
    )
  return topic
}

function fileWith(text: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'payflow-records-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'records.jsonl'), text)
  return join(directory, 'records.jsonl')
}

const bytes = fc.option(fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)))
const now = Date.now()
const anyRecord: fc.Arbitrary<RawRecord> = fc.record({
  ...{ key: bytes, value: bytes },
  headers: fc.array(
    fc.record({ key: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => Buffer.from(text)), value: bytes }),
    { maxLength: 3 },
  ),
  timestamp: fc.oneof(fc.constant(-1n), fc.bigInt(BigInt(now - 3_600_000), BigInt(now))),
})

test('a topic that is missing is named with the command that creates it, and that one creates it', async () => {
  const topic = `made-${randomUUID().slice(0, 8)}`
  const write = () => payflow('{"value":"x"}\n', 'produce', '--from-file', '-', '--topic', topic)
  const before = await write()
  expect(before).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`create it with \`payflow topics create ${topic}\``) as string }) // prettier-ignore
  const create = ['topics', 'create', topic, '--partitions', '2', '--replication-factor', '1', '--json']
  expect((await payflow('', ...create, '--dry-run')).documents()).toEqual([{ create: [{ topic, partitions: 2, replicationFactor: 1 }] }]) // prettier-ignore
  expect((await payflow('', ...create)).documents()).toEqual([{ created: [topic], existing: [] }])
  expect((await payflow('', ...create)).documents()).toEqual([{ created: [], existing: [topic] }])
  expect(await write()).toMatchObject({ exitCode: 0 })
})

test('what tail has printed is written again byte for byte: keys, values, headers, partitions, times', async () => {
  const [from, to] = [await ownTopic(), await ownTopic()]
  const records = fc.sample(anyRecord, { numRuns: 300, seed: 7 })
  for (const partition of [0, 1, 2])
    for (let at = partition * 100; at < (partition + 1) * 100; at += 10)
      await produceRaw(client().shared, { topic: from, partition }, await rawBatch(records.slice(at, at + 10)))
  const printed = await payflow('', 'tail', from, ...whole)
  const written = await payflow(printed.stdout, 'produce', '--from-file', '-', '--topic', to, '--json')
  expect(written.documents()).toMatchObject([{ topic: to, records: 300 }])

  const inPartitions = (stdout: string) =>
    [0, 1, 2].map((partition) =>
      stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((record) => record['partition'] === partition).map(({ topic: _, ...record }) => record),
    ) // prettier-ignore
  const again = await payflow('', 'tail', to, ...whole)
  expect(inPartitions(again.stdout)).toEqual(inPartitions(printed.stdout))

  const [source, copy] = [await readAll(brokers(), from), await readAll(brokers(), to)]
  expect(copy).toEqual(source)
  expect(copy.map(({ bytes: value }) => value?.toString('hex'))).toEqual(
    records.map(({ value }) => value?.toString('hex')),
  )
})

test('records by hand: keys choose partitions, records without one are spread, the time is now', async () => {
  const topic = await ownTopic()
  const lines = [
    '{"key":"7","value":"a"}',
    '',
    '{"value":"b"}',
    '{"value":"c"}',
    '{"key":"7","value":null,"partition":0}\r',
  ]
  const { exitCode, stderr } = await payflow(lines.join('\n'), 'produce', '--from-file', '-', '--topic', topic)
  expect([exitCode, stderr]).toEqual([0, ''])
  const found = await readAll(brokers(), topic)
  expect(found.find(({ value }) => value === 'a')?.partition).toBe(partitionOf('7', 3))
  expect(found.find(({ value }) => value === null)).toMatchObject({ partition: 0, key: '7' })
  expect(new Set(found.filter(({ key }) => key === null).map(({ partition }) => partition)).size).toBe(2)
  expect(found.every(({ timestamp }) => Math.abs(timestamp - Date.now()) < 60_000)).toBe(true)
})

test('nothing of a file is written when one of its lines cannot be; of standard input what came before it is', async () => {
  const topic = await ownTopic()
  const text = [
    ...Array.from({ length: 5 }, (_, i) => `{"topic":"${topic}","value":"v${i}"}`),
    '{"topic":"x","val":1}',
  ].join('\n')
  const path = fileWith(text)
  const fromFile = await payflow('', 'produce', '--from-file', path)
  expect(fromFile.exitCode).toBe(1)
  expect(fromFile.stderr).toContain(`${path}, line 6: unknown field "val": did you mean value?`)
  expect(fromFile.stderr).toContain('Written before it: nothing')
  expect(await readAll(brokers(), topic)).toEqual([])

  const fromStdin = await payflow(text, 'produce', '--from-file', '-')
  expect(fromStdin.exitCode).toBe(1)
  expect(fromStdin.stderr).toContain('standard input, line 6')
  expect(fromStdin.stderr).toContain('Written before it: 5 records')
  expect((await readAll(brokers(), topic)).map(({ value }) => value).sort()).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
})

test.each([
  [
    'a topic that is not there',
    (topic: string) => `{"topic":"${topic}-not","value":""}`,
    /There is no topic copy-.*-not/,
  ],
  ['no topic', () => '{"value":""}', /line 1: topic is missing/],
  [
    'a partition that is not there',
    (topic: string) => `{"topic":"${topic}","value":"","partition":3}`,
    /has no partition 3, but 3/,
  ],
  ["a worker's state", () => '{"topic":"payflow-large-orders-state","value":""}', /is not written by hand/],
  [
    'a record that is too large',
    (topic: string) => `{"topic":"${topic}","value":"${'x'.repeat(1_100_000)}"}`,
    /the record is larger than/,
  ],
  ['bytes that are no text', () => Buffer.from([0x7b, 0xff, 0x7d]), /bytes that are not UTF-8/],
])('%s is refused in words', async (_, textOf, message) => {
  const { exitCode, stderr } = await payflow(textOf(await ownTopic()), 'produce', '--from-file', '-')
  expect(exitCode).toBe(1)
  expect(stderr.replaceAll('\n', ' ')).toMatch(message)
})

test('--by-key copies to another number of partitions; --count and --rate hold', async () => {
  const topic = await ownTopic(1)
  const text = Array.from({ length: 20 }, (_, i) => `{"topic":"x","key":"${i}","value":"v${i}","partition":9}`).join(
    '\n',
  )
  const began = performance.now()
  const { exitCode } = await payflow(
    text,
    'produce',
    '--from-file',
    '-',
    '--topic',
    topic,
    '--by-key',
    '--count',
    '10',
    '--rate',
    '20',
  )
  expect(exitCode).toBe(0)
  expect(performance.now() - began).toBeGreaterThan(400)
  expect((await readAll(brokers(), topic)).map(({ value }) => value)).toEqual(
    Array.from({ length: 10 }, (_, i) => `v${i}`),
  )
})

test('what a topic will not keep as it is written is said', async () => {
  const record = (topic: string) => `{"topic":"${topic}","value":"v","timestamp":"2020-01-01T00:00:00Z"}`
  const old = await ownTopic(1)
  expect((await payflow(record(old), 'produce', '--from-file', '-')).stderr).toContain(
    `payflow topics configure ${old} retention.ms=-1`,
  )
  const stamped = await ownTopic(1, { 'message.timestamp.type': 'LogAppendTime' })
  expect((await payflow(record(stamped), 'produce', '--from-file', '-')).stderr).toContain('LogAppendTime')
})

test('what --stdout prints with --json is what produce would have written', async () => {
  const flow = ['--count', '40', '--seed', '5', '--start', '2026-01-01T00:00:00Z', '--rate', 'max']
  const printed = await command(['produce', 'all', '--stdout', '--json', ...flow], {
    env: { PAYFLOW_BROKERS: '127.0.0.1:1' },
  })
  expect(printed.exitCode).toBe(0)
  const topic = await ownTopic()
  const orders = printed.stdout.split('\n').filter((line) => line.includes('"topic":"orders"'))
  expect(orders).toHaveLength(40)
  await payflow(orders.join('\n'), 'produce', '--from-file', '-', '--topic', topic)
  const plain = await command(['produce', 'orders', '--stdout', ...flow])
  const written = await readAll(brokers(), topic)
  expect(written.map(({ value }) => value).sort()).toEqual(plain.stdout.trim().split('\n').sort())
  for (const { key, value, partition } of written) {
    expect(key).toBe(String((JSON.parse(value!) as { user_id: number }).user_id))
    expect(partition).toBe(partitionOf(key!, 3))
  }
})
