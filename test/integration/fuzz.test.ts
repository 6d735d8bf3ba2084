import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Connection } from '../../src/kafka/connection.ts'
import { listOffsets } from '../../src/kafka/offsets.ts'
import { readPartition } from '../../src/kafka/read.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { decodeRecord } from '../../src/pipeline/codec/decode.ts'
import { DEAD_LETTERS } from '../../src/pipeline/events/topics.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { defaultWorkers } from '../../src/pipeline/workers/index.ts'
import { dice, fuzzedCompression, fuzzedRecord, kinds, type InputName } from '../support/fuzzed-records.ts'
import { client, runUntilCaughtUp } from '../support/isolated.ts'
import { produceRaw, rawBatch } from '../support/raw-batches.ts'
import type { RecordCursor } from '../../src/kafka/records.ts'

// By hand: PAYFLOW_FUZZ_RECORDS=1000000 PAYFLOW_FUZZ_SEED=7 npx vitest run --project integration test/integration/fuzz.test.ts
const records = Number(process.env.PAYFLOW_FUZZ_RECORDS ?? 3_000)
const seed = Number(process.env.PAYFLOW_FUZZ_SEED ?? 1)
const PARTITIONS = 3
const inputNames: InputName[] = ['orders', 'payments', 'users']

/** What a worker may refuse of an event that is one. */
const REFUSALS = /^(price times quantity is more than|the total revenue of user|\d+ payments wait for order)/

/** The six workers with names and topics of the test's own, feeding each other as they do. */
function renamed(suffix: string): AnyWorker[] {
  const named = <Topic extends { name: string }>(topic: Topic): Topic => ({ ...topic, name: `${topic.name}-${suffix}` })
  return defaultWorkers.map((worker) => ({
    ...worker,
    name: `${worker.name}-${suffix}`,
    inputs: Object.fromEntries(Object.entries(worker.inputs).map(([alias, topic]) => [alias, named(topic)])),
    output: named(worker.output),
  }))
}

async function write(connection: Connection, suffix: string): Promise<void> {
  const roll = dice(seed)
  for (let i = 0; i < records;) {
    const input = inputNames[roll(3)]!
    const batch = Array.from({ length: Math.min(1 + roll(400), records - i) }, () => fuzzedRecord(input, i++, roll))
    await produceRaw(connection, { topic: `${input}-${suffix}`, partition: roll(PARTITIONS) }, await rawBatch(batch, fuzzedCompression(roll))) // prettier-ignore
  }
}

async function read(connection: Connection, topic: string, take: (record: RecordCursor, partition: number) => void): Promise<void> {
  const at = Array.from({ length: await connection.partitions(topic) }, (_, partition) => ({ topic, partition }))
  const ends = await listOffsets(connection, at, 'stable')
  for (const { partition } of at)
    for await (const { records } of readPartition(connection, { topic, partition, from: 0, to: ends.of(topic, partition) ?? 0 }))
      for (const cursor = records.cursor(); cursor.next();) take(cursor, partition)
} // prettier-ignore

/** Dead letters by worker: where their records lie → why. Twice the same is an error. */
async function letters(connection: Connection, suffix: string): Promise<Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, string>>()
  await read(connection, DEAD_LETTERS, (record) => {
    const text = new Map(record.headers().map(({ key, value }) => [key, value?.toString() ?? '']))
    const worker = text.get('payflow.worker')
    if (!worker?.endsWith(suffix)) return
    const of = found.get(worker) ?? new Map<string, string>()
    found.set(worker, of)
    const place = ['topic', 'partition', 'offset'].map((name) => text.get(`payflow.${name}`)).join('/')
    if (of.has(place)) throw new Error(`${worker} has refused ${place} twice`)
    of.set(place, text.get('payflow.reason')!)
  })
  return found
}

interface Expected {
  records: number
  events: unknown[]
  refused: Set<string>
}

const readAlready = new Map<string, Expected>()

/** By input; each topic is read once, whoever else takes it. */
async function expectedOf(connection: Connection, worker: AnyWorker): Promise<Map<string, Expected>> {
  const byAlias = new Map<string, Expected>()
  for (const [alias, spec] of Object.entries(worker.inputs)) {
    const known = readAlready.get(spec.name)
    const expected: Expected = known ?? { records: 0, events: [], refused: new Set() }
    readAlready.set(spec.name, expected)
    byAlias.set(alias, expected)
    if (known) continue
    await read(connection, spec.name, (record, partition) => {
      expected.records++
      const decoded = decodeRecord(spec, record.value())
      if ('reason' in decoded) expected.refused.add(`${spec.name}/${partition}/${record.offset}`)
      else if (alias === 'payments') expected.events.push(decoded.event)
    })
  }
  return byAlias
}

async function countOf(connection: Connection, topic: string): Promise<number> {
  let count = 0
  await read(connection, topic, () => count++)
  return count
}

test(`whatever ${records} records are, each becomes its outputs or one dead letter, of each worker that reads it`, { timeout: 3_600_000 }, async () => {
  const suffix = randomUUID().slice(0, 8)
  const workers = renamed(suffix)
  const topics = new Set(workers.flatMap(({ inputs, output }) => [...Object.values(inputs), output].map(({ name }) => name)))
  await createTopics(client(), [...topics].map((topic) => ({ topic, partitions: PARTITIONS, replicationFactor: 1 })))
  const connection = client().connect()
  const startedAt = performance.now()
  await write(connection, suffix)
  const writtenAt = performance.now()
  const summaries = await runUntilCaughtUp(workers)
  const doneAt = performance.now()
  const found = await letters(connection, suffix)
  let refusals = 0
  for (const worker of workers) {
    const summary = summaries.find((one) => one.worker === worker.name)!
    const expected = await expectedOf(connection, worker)
    const all = [...expected.values()]
    const total = all.reduce((sum, one) => sum + one.records, 0)
    const unreadable = new Set(all.flatMap(({ refused }) => [...refused]))
    const refused = found.get(worker.name) ?? new Map<string, string>()
    refusals += refused.size
    // Strays are processed twice: once to be handed on.
    expect(summary.processed).toBeGreaterThanOrEqual(total)
    expect(summary.deadLetters).toBe(refused.size)
    for (const place of unreadable) if (!refused.has(place)) throw new Error(`${worker.name}: ${place} is in no dead letter`)
    const others = [...refused].filter(([place]) => !unreadable.has(place))
    for (const [place, reason] of others) if (!REFUSALS.test(reason)) throw new Error(`${worker.name}: ${place}: ${reason}`)
    const outputs = await countOf(connection, worker.output.name)
    expect(summary.emitted).toBe(outputs)
    const good = (alias: string): number => expected.get(alias)!.records - expected.get(alias)!.refused.size
    const paid = (expected.get('payments')?.events ?? []) as { status: string; amount: number }[]
    const [base] = worker.name.split(`-${suffix}`)
    if (base === 'failed-payments') expect(outputs).toBe(paid.filter(({ status }) => status === 'FAILED').length)
    if (base === 'large-orders') expect(outputs).toBe(paid.filter(({ amount }) => amount > 50_000).length)
    if (base === 'aggregated-revenue' || base === 'process-orders') expect(outputs).toBe(good('orders') - others.length)
  }
  const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(1)
  process.stderr.write(`fuzz: seed ${seed}, ${records} records of ${kinds} kinds written in ${seconds(startedAt, writtenAt)} s, processed by ${workers.length} workers in ${seconds(writtenAt, doneAt)} s; ${refusals} dead letters\n`)
}) // prettier-ignore
