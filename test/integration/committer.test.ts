import { expect, onTestFinished, test } from 'vitest'
import { randomUUID } from 'node:crypto'
import { committedOffsets, listOffsets } from '../../src/kafka/offsets.ts'
import { OutputBuffers } from '../../src/kafka/output-buffers.ts'
import { nobody } from '../../src/kafka/requests.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { noLog } from '../../src/log.ts'
import { TransactionalProducer } from '../../src/runtime/producers/transactional.ts'
import { Committer } from '../../src/runtime/transaction/committer.ts'
import { Undone, type Part } from '../../src/runtime/transaction/part.ts'
import { withAdmin } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { client } from '../support/isolated.ts'
import { readAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

async function setUp() {
  const name = `committer-${randomUUID().slice(0, 8)}`
  const narrow = `${name}-narrow`
  const sizes = { partitions: 4, replicationFactor: 1 }
  await createTopics(client(), [
    { topic: name, ...sizes },
    { topic: narrow, ...sizes, config: { 'max.message.bytes': '300' } },
  ])
  await eventually(() => committedOffsets(client().shared, name, [{ topic: name, partition: 0 }])) // a fresh broker has no coordinator yet
  const committer = new Committer({ client: client(), worker: name, group: name, transactionTimeoutMs: 5_000, compression: 'none', log: noLog }) // prettier-ignore
  committer.assigned({ place: nobody, slot: 0, freeSlots: [1, 2], settle: () => undefined })
  onTestFinished(() => committer.close())
  await committer.ready(new AbortController().signal)
  /** What the task of a partition writes to partition 0 of a topic. */
  const part = (partition: number, topic: string, value: string): Part => {
    const buffers = new OutputBuffers()
    buffers.append(topic, 0, null, value)
    return { partition, buffers, offsets: [{ topic: name, partition, offset: 1 }], isOwned: () => true, records: 1 }
  }
  const submit = (...parts: readonly Part[]) => Promise.allSettled(parts.map((each) => committer.submit(each)))
  return { name, narrow, part, submit, committer }
}

const recordsIn = async (topic: string): Promise<number> => (await readAll(brokers(), topic)).length

test('what several tasks have ready in the same moment is one transaction, even where they write to the same partition', async () => {
  const { name, part, submit } = await setUp()
  const results = await submit(part(0, name, 'one'), part(1, name, 'two'), part(2, name, 'three'))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  await eventually(async () => expect(await recordsIn(name)).toBe(3)) // a commit is acknowledged before its markers are written
  // each transaction would leave a marker
  const ends = await withAdmin(brokers(), (admin) => admin.fetchTopicOffsets(name))
  expect(ends.map(({ partition, high }) => [partition, Number(high)]).sort()).toEqual([[0, 4], [1, 0], [2, 0], [3, 0]]) // prettier-ignore
})

test('what a broker refuses throws the others back once, and fails alone from then on, until it succeeds', async () => {
  const { name, narrow, part, submit } = await setUp()
  const [good, bad] = [part(0, name, 'good'), part(1, narrow, 'x'.repeat(1_000))]
  const together = await submit(good, bad)
  expect(together).toMatchObject([
    { status: 'rejected', reason: expect.any(Undone) as Undone },
    { status: 'rejected', reason: { code: 10, topic: narrow } },
  ])
  for (let again = 0; again < 2; again++) {
    expect(await submit(good, bad)).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 10 } }]) // prettier-ignore
  }
  expect(await submit(part(1, narrow, 'y'))).toMatchObject([{ status: 'fulfilled' }])
  await eventually(async () => expect((await readAll(brokers(), name)).map(({ value }) => value)).toEqual(['good', 'good'])) // prettier-ignore
  await eventually(async () => expect(await recordsIn(narrow)).toBe(1))
})

test('a transaction of a slot that nobody has is ended at once, though no task waits for that', async () => {
  const { name, committer } = await setUp()
  const dead = await TransactionalProducer.open(client(), { transactionalId: `payflow-${name}-3`, transactionTimeoutMs: 60_000, patienceMs: 10_000 }) // prettier-ignore
  const buffers = new OutputBuffers()
  buffers.append(name, 0, null, 'of the dead')
  await dead.send(buffers.batches())
  await dead.close()
  const stable = async () => (await listOffsets(client().shared, [{ topic: name, partition: 0 }], 'stable')).of(name, 0)
  expect(await stable()).toBe(0)
  const settled: number[] = []
  committer.assigned({ place: nobody, slot: 0, freeSlots: [3], settle: (slot) => settled.push(slot) })
  await eventually(() => expect(settled).toEqual([3]))
  expect(await stable()).toBe(2)
})

test('slots that are shared out again, while what was open is being ended, are left to who has them now', async () => {
  const { committer } = await setUp()
  const settled: string[] = []
  const standing = { place: nobody, slot: 0 }
  committer.assigned({ ...standing, freeSlots: [1, 2], settle: (slot) => settled.push(`before ${slot}`) })
  committer.assigned({ ...standing, freeSlots: [2, 3], settle: (slot) => settled.push(`now ${slot}`) })
  await committer.ready(new AbortController().signal)
  expect(settled.sort()).toEqual(['now 2', 'now 3'])
})
