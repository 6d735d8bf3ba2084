import { expect, onTestFinished, test, vi } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { Fetcher, type Source } from '../../src/runtime/task/fetcher.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { eventually } from '../support/wait.ts'

/** Reads partitions of a topic of its own, and keeps how long each request let the broker wait, in ms. */
async function reading({ lingerMs = 10, maxBytesPerPartition = 1 << 20 } = {}) {
  const { topicOf } = await isolated(findWorker('large-orders')!, { partitions: 2 })
  const topic = topicOf('payments')
  const connection = client().connect()
  const send = vi.spyOn(connection, 'send')
  const fetcher = new Fetcher({ connection, lingerMs, maxBytesPerPartition })
  onTestFinished(() => fetcher.close())
  const waits = () => send.mock.calls.map(([, exchange]) => (exchange as { requestTimeout?: number }).requestTimeout! - 100) // prettier-ignore
  const add = (partition: number, wants = () => true) => {
    const counted = { position: 0, answers: 0, isBehind: true }
    const source: Source = {
      topic,
      partition,
      get position() {
        return counted.position
      },
      get isBehind() {
        return counted.isBehind
      },
      wants,
      deliver: ({ records, lastStableOffset }) => {
        counted.answers++
        counted.position = records.nextOffset
        counted.isBehind = records.nextOffset < lastStableOffset
      },
      fail: (error) => {
        throw error
      },
    }
    fetcher.add(source)
    return counted
  }
  return { topic, waits, add, quiet: () => eventually(() => expect(waits()).toContain(500), { intervalMs: 5 }) }
}

test('a broker with nothing to tell is asked seldom until something comes', async () => {
  const { topic, waits, add, quiet } = await reading()
  const read = add(0)
  await quiet()
  expect(new Set(waits().slice(0, 10))).toEqual(new Set([10]))
  await writeAll(brokers(), topic, [{ key: '1', value: 'one', partition: 0 }])
  await eventually(() => expect(read.position).toBe(1), { intervalMs: 5 })
  await eventually(() => expect(waits().slice(waits().lastIndexOf(500) + 1)).toContain(10), { intervalMs: 5 })
})

test('a partition that is added to a quiet broker is asked for often at once', async () => {
  const { waits, add, quiet } = await reading()
  add(0)
  await quiet()
  const second = add(1)
  const asked = waits().length
  await eventually(() => expect(second.answers).toBeGreaterThan(2), { intervalMs: 5 })
  expect(waits().slice(asked, asked + 3)).toEqual([10, 10, 10])
})

test('nobody waits for a quiet broker while a partition has no room: it may have some at any time', async () => {
  const { waits, add } = await reading()
  const read = add(0)
  add(1, () => false)
  await eventually(() => expect(read.answers).toBeGreaterThan(30), { intervalMs: 5 })
  expect(waits()).not.toContain(500)
})

test('nobody waits for more records while there is a backlog', async () => {
  // a record an answer: waits would grow fivefold from one to the next
  const { topic, add } = await reading({ lingerMs: 60_000, maxBytesPerPartition: 1 })
  for (let i = 0; i < 20; i++) await writeAll(brokers(), topic, [{ key: '1', value: String(i), partition: 0 }])
  const read = add(0)
  await eventually(() => expect(read.position).toBe(20))
  expect(read.answers).toBeGreaterThanOrEqual(20)
})
