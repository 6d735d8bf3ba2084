import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { Ledger } from '../../src/app/monitor/ledger.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import { brokers } from '../support/broker.ts'
import { foreignProducer } from '../support/foreign-producer.ts'
import { client } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

const partitionsOf = (topic: string) => [0, 1, 2].map((partition) => ({ topic, partition }))
const records = (count: number) => Array.from({ length: count }, (_, i) => ({ key: String(i), value: `v${i}` }))

async function ledgerOf({ budgetMs = 10_000 } = {}) {
  const topic = `ledger-${randomUUID().slice(0, 8)}`
  await createTopics(client(), [{ topic, partitions: 3, replicationFactor: 1 }])
  const taken: string[] = []
  const forgotten: string[] = []
  const ledger = new Ledger(
    client(),
    {
      take: (_topic, _partition, record) => void taken.push(record.valueText() ?? ''),
      forget: (name) => void forgotten.push(name),
    },
    budgetMs,
  )
  onTestFinished(() => ledger.close())
  const count = async () => (await ledger.count(partitionsOf(topic))).get(topic)
  return { topic, ledger, taken, forgotten, count }
}

test('each committed record is taken once, and what is aborted or a marker is none', async () => {
  const { topic, ledger, taken, count } = await ledgerOf()
  const producer = await foreignProducer()
  for (const [end, value] of [
    ['commit', 'a'],
    ['abort', 'b'],
    ['commit', 'c'],
  ] as const) {
    // prettier-ignore
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ key: 'k', value }] })
    await transaction[end]()
  }
  await eventually(async () => expect(await count()).toBe(2))
  expect(taken).toEqual(['a', 'c'])
  expect(ledger.read).toBe(1)
  await writeAll(brokers(), topic, records(5))
  expect(await count()).toBe(7)
  expect(taken.length).toBe(7)
})

test('a long log is read over many looks, and says how much of it is', async () => {
  const { topic, ledger, taken, count } = await ledgerOf({ budgetMs: 0 })
  await writeAll(brokers(), topic, records(300))
  expect(await count()).toBe(0)
  expect(ledger.read).toBe(0)
  const whole = new Ledger(client(), { take: () => undefined, forget: () => undefined }, 10_000)
  onTestFinished(() => whole.close())
  expect((await whole.count(partitionsOf(topic))).get(topic)).toBe(300)
  expect(whole.read).toBe(1)
  expect(taken).toEqual([])
})

test('a topic that was deleted and made again is counted from its start, even when it holds more than before', async () => {
  const { topic, taken, forgotten, count } = await ledgerOf()
  await writeAll(brokers(), topic, records(10))
  expect(await count()).toBe(10)
  await deleteTopics(client(), [topic])
  await createTopics(client(), [{ topic, partitions: 3, replicationFactor: 1 }])
  await writeAll(brokers(), topic, records(40))
  await eventually(async () => expect(await count()).toBe(40))
  expect(forgotten).toContain(topic)
  expect(taken.slice(10).length).toBeGreaterThanOrEqual(40)
})
