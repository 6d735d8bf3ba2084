import { randomUUID } from 'node:crypto'
import type { Producer } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { newestRecords } from '../../src/app/overview/newest.ts'
import { planTail } from '../../src/app/tail/plan.ts'
import { runTail } from '../../src/app/tail/tail.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import { deleteBefore, withAdmin } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { foreignProducer } from '../support/foreign-producer.ts'
import { client } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

const payflow = (...argv: string[]) => command(argv, { brokers: brokers() })
const valuesOf = (stdout: string): string[] => stdout.split('\n').slice(0, -1)

async function ownTopic(partitions = 3): Promise<string> {
  const topic = `tail-${randomUUID().slice(0, 8)}`
  await createTopics(client(), [{ topic, partitions, replicationFactor: 1 }])
  return topic
}

const numbered = (count: number, partition: number, prefix = 'v') =>
  Array.from({ length: count }, (_, i) => ({ key: String(i), value: `${prefix}${i}`, partition }))

async function inTransaction(producer: Producer, topic: string, values: readonly string[], how: 'commit' | 'abort') {
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) })
  await transaction[how]()
}

/** A `tail` that follows, what it has shown, and its end. */
function following(...argv: string[]) {
  const stop = new AbortController()
  const seen = { stdout: '', stderr: '' }
  const ended = command(['tail', ...argv, '--format', '%v'], {
    ...{ brokers: brokers(), signal: stop.signal },
    ...{ onOutput: (all: string) => void (seen.stdout = all), onNotes: (all: string) => void (seen.stderr = all) },
  })
  onTestFinished(async () => {
    stop.abort()
    await ended.catch(() => undefined)
  })
  const shows = (values: readonly string[]) => eventually(() => expect(valuesOf(seen.stdout)).toEqual(values))
  const notes = (text: string) => eventually(() => expect(seen.stderr).toContain(text))
  return { shows, notes, ended, stop: () => stop.abort(), seen }
}

test('markers at the end and aborted records are not counted, and nothing waits for what is behind them', async () => {
  const topic = await ownTopic(1)
  const producer = await foreignProducer()
  await inTransaction(producer, topic, ['a', 'b', 'c'], 'commit')
  await inTransaction(
    producer,
    topic,
    Array.from({ length: 300 }, (_, i) => `aborted ${i}`),
    'abort',
  )
  await inTransaction(producer, topic, ['d'], 'commit')
  await inTransaction(producer, topic, ['aborted'], 'abort')
  const values = async (...argv: string[]) => valuesOf((await payflow('tail', topic, '--format', '%v', ...argv)).stdout)

  expect(await values('--from', '-2', '--to', 'end')).toEqual(['c', 'd'])
  expect(await values('--from', 'start', '--no-follow')).toEqual(['a', 'b', 'c', 'd'])
  expect(await values('-n', '2')).toEqual(['c', 'd'])
  expect(await values('--from', 'start', '-n', '2')).toEqual(['a', 'b'])
  expect(await values('--from', '-9', '--to', 'end')).toEqual(['a', 'b', 'c', 'd'])
  expect(await values('--from', '1', '--to', '3')).toEqual(['b', 'c'])
  expect(await values('--from', '-1', '--to', '2')).toEqual(['b'])
  expect(await values('--from', '3', '--to', '4')).toEqual([])
  expect(await values('--from', 'start', '--to', '999999', '--grep', '!b')).toEqual(['a', 'c', 'd'])
  expect(await values('--uncommitted', '--from', '-1', '--to', 'end')).toEqual(['aborted'])
  // as top shows a partition
  const newest = await newestRecords(client(), { topic, partition: 0 }, 3)
  expect(newest.map(({ value }) => value)).toEqual(['d', 'c', 'b'])
})

test('an open transaction is not waited for; --uncommitted shows what is in it', async () => {
  const topic = await ownTopic(1)
  const producer = await foreignProducer()
  await inTransaction(producer, topic, ['a'], 'commit')
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ value: 'undecided', partition: 0 }] })
  const shown = async (...argv: string[]) =>
    valuesOf((await payflow('tail', topic, '--format', '%v', '--from', 'start', '--to', 'end', ...argv)).stdout)
  expect(await shown()).toEqual(['a'])
  expect(await shown('--uncommitted')).toEqual(['a', 'undecided'])
  await transaction.commit()
  await eventually(async () => expect(await shown()).toEqual(['a', 'undecided']))
})

test('several topics come in the order of their times, each partition in its own', async () => {
  const [first, second] = [await ownTopic(2), await ownTopic(1)]
  for (const i of [0, 1, 2]) {
    await writeAll(brokers(), first, [{ value: `first ${i}`, partition: i % 2 }])
    await writeAll(brokers(), second, [{ value: `second ${i}`, partition: 0 }])
  }
  const { stdout } = await payflow('tail', first, second, first, '--from', 'start', '--to', 'end', '--format', '%v')
  expect(valuesOf(stdout)).toEqual(['first 0', 'second 0', 'first 1', 'second 1', 'first 2', 'second 2'])
  const newest = await payflow('tail', first, second, '-n', '3', '--format', '%v')
  expect(valuesOf(newest.stdout)).toEqual(['second 1', 'first 2', 'second 2'])
  const some = await payflow('tail', first, '-p', '1', '--from', 'start', '--to', 'end', '--format', '%v')
  expect(valuesOf(some.stdout)).toEqual(['first 1'])
})

test('what is not there is said, and ends', async () => {
  const topic = await ownTopic(1)
  const empty = await payflow('tail', topic, '--no-follow')
  expect([empty.exitCode, empty.stdout, empty.stderr]).toEqual([0, '', ''])
  await writeAll(brokers(), topic, numbered(4, 0))
  await deleteBefore(brokers(), topic, 2)

  const early = await payflow('tail', topic, '--from', '0', '--to', 'end', '--format', '%o')
  expect([valuesOf(early.stdout), early.stderr]).toEqual([
    ['2', '3'],
    `${topic}/0 begins at offset 2: what was before it is deleted\n`,
  ])
  const late = await payflow('tail', topic, '--from', '99', '--to', 'end')
  expect([late.stdout, late.stderr]).toEqual(['', `${topic}/0 ends at offset 4, before 99\n`])
  const future = await payflow('tail', topic, '--from', '@+1h', '--no-follow')
  expect([future.exitCode, future.stdout]).toEqual([0, ''])
  expect(future.stderr).toContain('no record is as new as')
  const past = await payflow('tail', topic, '--from', '@-1h', '--to', '@-30m')
  expect([past.exitCode, past.stdout]).toEqual([0, ''])
  const recent = await payflow('tail', topic, '--from', '@-1h', '--to', '@now', '--format', '%o')
  expect(valuesOf(recent.stdout)).toEqual(['2', '3'])

  const noPartition = await payflow('tail', topic, '-p', '7')
  expect([noPartition.exitCode, noPartition.stderr]).toEqual([1, expect.stringContaining('there is no partition 7')])
  const noTopic = await payflow('tail', `${topic}x`, '--json')
  expect([noTopic.exitCode, JSON.parse(noTopic.stderr)]).toEqual([1, { error: expect.objectContaining({ code: 'TOPIC_NOT_FOUND', hint: `did you mean ${topic}?` }) as object }]) // prettier-ignore
})

test('a future end is waited for', async () => {
  const topic = await ownTopic(1)
  await writeAll(brokers(), topic, numbered(2, 0))
  const { exitCode, stdout } = await payflow('tail', topic, '--from', 'start', '--to', '@+2s', '--format', '%v')
  expect([exitCode, valuesOf(stdout)]).toEqual([0, ['v0', 'v1']])
})

test('what comes is followed, in partitions that come too, until the signal', async () => {
  const topic = await ownTopic(1)
  await writeAll(brokers(), topic, numbered(2, 0))
  const tail = following(topic)
  await tail.shows(['v0', 'v1'])
  await writeAll(brokers(), topic, [{ value: 'next', partition: 0 }])
  await tail.shows(['v0', 'v1', 'next'])
  await withAdmin(brokers(), (admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }))
  await tail.notes(`${topic} has 2 partitions now`)
  await writeAll(brokers(), topic, [{ value: 'new partition', partition: 1 }])
  await tail.shows(['v0', 'v1', 'next', 'new partition'])
  tail.stop()
  expect((await tail.ended).exitCode).toBe(0)
})

test('a topic that is deleted and created again is read from its start; one that stays away ends it', async () => {
  const topic = await ownTopic(1)
  await writeAll(brokers(), topic, numbered(2, 0))
  const tail = following(topic)
  await tail.shows(['v0', 'v1'])
  const seen = ['v0', 'v1']
  // each has records at the offsets where the one before was read next
  for (const count of [3, 5, 9]) {
    const records = numbered(count, 0, `again ${count}.`)
    await deleteTopics(client(), [topic])
    await createTopics(client(), [{ topic, partitions: 1, replicationFactor: 1 }])
    await writeAll(brokers(), topic, records)
    seen.push(...records.map(({ value }) => value))
    await tail.shows(seen)
  }
  expect(tail.seen.stderr).toContain('was deleted and created again')
  await deleteTopics(client(), [topic])
  const { exitCode, stderr } = await tail.ended
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${topic} was deleted while it was read`)])
})

test('what lies where a deleted topic was to be read next is never shown for it', async () => {
  const topic = await ownTopic(1)
  await writeAll(brokers(), topic, numbered(2, 0))
  const stop = new AbortController()
  const wish = { topics: [topic], from: { at: 'end' }, follow: true, isolation: 'read_committed' } as const
  const plan = await planTail(client(), wish, stop.signal)
  await deleteTopics(client(), [topic])
  await createTopics(client(), [{ topic, partitions: 1, replicationFactor: 1 }])
  await writeAll(brokers(), topic, numbered(4, 0, 'again '))
  const values: string[] = []
  await runTail(client(), wish, plan, {
    visit: (_, cursor) => values.push(cursor.value()!.toString()) < 4,
    ...{ flush: () => Promise.resolve(), note: () => undefined, signal: stop.signal },
  })
  expect(values).toEqual(['again 0', 'again 1', 'again 2', 'again 3'])
})

test('a filter looks at everything, and -n counts what it lets through', async () => {
  const topic = await ownTopic(3)
  await writeAll(brokers(), topic, [...numbered(2_000, 0), ...numbered(2_000, 1), ...numbered(2_000, 2)])
  const count = async (...argv: string[]) =>
    valuesOf((await payflow('tail', topic, '--from', 'start', '--to', 'end', '--format', '%p %v', ...argv)).stdout)
      .length
  expect(await count()).toBe(6_000)
  expect(await count('--grep', 'v199')).toBe(33)
  expect(await count('--grep', '^v\\d$')).toBe(30)
  expect(await count('--key', '7')).toBe(3)
  expect(await count('--grep', 'v199', '-n', '5')).toBe(5)
  expect(await count('--grep', '!v', '-p', '0,2')).toBe(0)
})
