import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { LocalEngine } from '../../src/infra/local/local-engine.ts'
import { Client } from '../../src/kafka/client.ts'
import { classify, errorName } from '../../src/kafka/errors.ts'
import { brokersEnlist } from '../../src/kafka/features.ts'
import { committedOffsets } from '../../src/kafka/offsets.ts'
import { OutputBuffers, type PartitionRecords } from '../../src/kafka/output-buffers.ts'
import { produce } from '../../src/kafka/produce.ts'
import { nobody } from '../../src/kafka/requests.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { endTxnRequest } from '../../src/kafka/wire/end-txn.ts'
import { takeOver } from '../../src/runtime/producers/take-over.ts'
import { TransactionalProducer } from '../../src/runtime/producers/transactional.ts'
import { client as sharedClient } from '../support/isolated.ts'
import { testKafka } from '../support/java-options.ts'
import { createHome, localEngine, removeHome } from '../support/local-broker.ts'
import { readAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

// One broker of Kafka 4: it takes what is written into the transaction by itself (KIP-890).
vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 })

let home: string
let engine: LocalEngine
let brokers: readonly string[]
let client: Client
const asked: string[] = []

beforeAll(async () => {
  home = await createHome()
  engine = localEngine(home, { kafka: '4' })
  ;({ brokers } = await engine.up(() => undefined))
  client = new Client({ brokers, onRequest: ({ api }) => void asked.push(api) })
})
afterAll(async () => {
  await client.close()
  await removeHome(home)
})

async function setUp(name: string) {
  await createTopics(client, [{ topic: name, partitions: 6, replicationFactor: 1 }])
  const offset = async (): Promise<number | undefined> =>
    (await committedOffsets(client.shared, name, [{ topic: name, partition: 0 }])).of(name, 0)
  await eventually(offset) // a fresh broker has no coordinator yet
  const open = async (transactionalId = name): Promise<TransactionalProducer> => {
    const options = { transactionalId, transactionTimeoutMs: 30_000, patienceMs: 30_000 }
    const producer = await TransactionalProducer.open(client, options)
    onTestFinished(() => producer.close())
    return producer
  }
  const records = (value: string): PartitionRecords[] => {
    const buffers = new OutputBuffers()
    for (let partition = 0; partition < 6; partition++) buffers.append(name, partition, null, value)
    return buffers.batches()
  }
  const values = async (): Promise<string[]> => (await readAll(brokers, name)).map(({ value }) => String(value)).sort()
  return { name, open, records, offset, values }
}

test('one transaction follows the other, and each record and offset is there once', async () => {
  const { name, open, records, offset, values } = await setUp('one-by-one')
  const producer = await open()
  asked.length = 0
  const expected: string[] = []
  for (let n = 0; n < 40; n++) {
    const value = String(n).padStart(2, '0')
    await producer.begin(records(value), name)
    const offsets = producer.sendOffsets(name, [{ topic: name, partition: 0, offset: n + 1 }], nobody)
    await Promise.all([producer.send(records(value)), offsets])
    if (n % 4 === 3) await producer.abort()
    else {
      await producer.commit()
      expected.push(...Array.from({ length: 6 }, () => value))
    }
  }
  await eventually(async () => expect(await values()).toEqual(expected))
  expect(await offset()).toBe(39)
  // the broker has told the coordinator itself
  expect(asked.filter((api) => api.startsWith('Add'))).toEqual([])
  expect(new Set(asked)).toContain('EndTxn')
})

test('what comes late of a transaction does not end up in the next one', async () => {
  const { name, open, records, values } = await setUp('late')
  const coordinator = await client.shared.coordinator('transaction', name)
  const late = await takeOver(client.shared, {
    transactionalId: name,
    transactionTimeoutMs: 30_000,
    patienceMs: 30_000,
  })
  const identity = { transactionalId: name, ...late }
  const leader = await client.shared.leader(name, 0)
  const write = async (value: string, baseSequence: number): Promise<number | undefined> => {
    const [batch] = records(value)
    const results = await produce(client.shared, leader, { ...identity, enlists: true, acks: -1, timeoutMs: 10_000, batches: [{ ...batch!, baseSequence }] }) // prettier-ignore
    return results[0]?.errorCode
  }
  expect(await write('first', 0)).toBe(0)
  const next = await coordinator.send(endTxnRequest({ ...identity, commits: true }))
  expect(next).toEqual({ producerId: late.producerId, producerEpoch: late.producerEpoch + 1 })
  await eventually(async () => expect(await values()).toEqual(['first'])) // the marker is written
  const refused = await write('late', 1)
  expect(errorName(refused ?? 0)).toBe('INVALID_PRODUCER_EPOCH')
  // the answer to the end was lost: the same again is told the same
  expect(await coordinator.send(endTxnRequest({ ...identity, commits: true }))).toEqual(next)
  const producer = await open()
  await producer.send(records('second'))
  await producer.commit()
  await eventually(async () => expect(await values()).toEqual(['first', ...Array.from({ length: 6 }, () => 'second')]))
})

test('a transaction in which nothing was written can be given up, and who has the id next shuts the last one out', async () => {
  const { name, open, records, values } = await setUp('given-up')
  const first = await open()
  await first.begin(records('nothing'), name)
  await first.abort()
  await first.send(records('open'))
  const second = await open()
  await expect(first.commit()).rejects.toSatisfy((error) => classify(error) === 'fenced')
  await second.send(records('kept'))
  await second.commit()
  await eventually(async () => expect(await values()).toEqual(Array.from({ length: 6 }, () => 'kept')))
})

test('a broker of Kafka 3.9, or one of whose records kafkajs is the encoder, is told of everything beforehand', async () => {
  const enlistsAt = async (at: Client): Promise<boolean> => brokersEnlist(at.shared, await at.shared.any())
  expect(await enlistsAt(client)).toBe(true)
  expect(await enlistsAt(sharedClient())).toBe(testKafka === '4')
  const kafkajs = new Client({ brokers, codec: 'kafkajs' })
  onTestFinished(() => kafkajs.close())
  expect(await enlistsAt(kafkajs)).toBe(false)
})
