import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { OutputBuffers } from '../../src/kafka/output-buffers.ts'
import { TopicLimits } from '../../src/kafka/topic-limits.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { Outlet } from '../../src/runtime/producers/outlet.ts'
import { produce } from '../../src/runtime/producers/produce.ts'
import { orders } from '../support/producing.ts'
import { brokers } from '../support/broker.ts'
import { client } from '../support/isolated.ts'
import { readAll } from '../support/records.ts'

const { signal } = new AbortController()

/** An outlet that counts its Produce requests. */
function counting() {
  let requests = 0
  const options = { brokers: brokers(), onRequest: ({ api }: { api: string }) => void (requests += Number(api === 'Produce')) } // prettier-ignore
  const outlet = new Outlet(options)
  onTestFinished(() => outlet.close())
  return { outlet, options, requests: () => requests }
}

async function topics(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, () => `outlet-${randomUUID()}`)
  await createTopics(client(), names.map((topic) => ({ topic, partitions: 1, replicationFactor: 1 }))) // prettier-ignore
  return names
}

function batchOf({ client: { codec } }: Outlet, topic: string, values: readonly string[]) {
  const buffers = new OutputBuffers(new TopicLimits(), codec)
  for (const value of values) buffers.append(topic, 0, 'key', value)
  return buffers.batches()
}

const valuesIn = async (topic: string): Promise<(string | null)[]> =>
  (await readAll(brokers(), topic)).map(({ value }) => value)

test('what producers send in the same moment goes in one request, and each learns what became of its own', async () => {
  const { outlet, requests } = counting()
  const [first = '', second = ''] = await topics(2)
  const producer = await outlet.producer(signal)
  const send = (topic: string, ...values: string[]) => producer.send(batchOf(outlet, topic, values), () => 0)
  const gone = `gone-${randomUUID()}`
  for (const topic of [first, second]) await send(topic, 'a')
  const before = requests()
  await Promise.all([send(first, 'b', 'c'), send(second, 'b')])
  expect(requests()).toBe(before + 1)
  const results = await Promise.allSettled([send(first, 'd'), send(gone, 'e'), send(second, 'f')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect([await valuesIn(first), await valuesIn(second)]).toEqual([['a', 'b', 'c', 'd'], ['a', 'b', 'f']]) // prettier-ignore
})

test('much goes in a request of its own', async () => {
  const { outlet, requests } = counting()
  const [first = '', second = ''] = await topics(2)
  const producer = await outlet.producer(signal)
  const much = 'x'.repeat(300_000)
  await Promise.all([first, second].map((topic) => producer.send(batchOf(outlet, topic, [much]), () => 0)))
  expect(requests()).toBe(2)
  expect([await valuesIn(first), await valuesIn(second)]).toEqual([[much], [much]])
})

test('paced producers of one outlet send in the same moments', async () => {
  const { outlet, options, requests } = counting()
  const names = await topics(3)
  const runs = names.map((name) =>
    produce({
      ...{ client: options, outlet, rate: 200, count: 100, signal },
      source: { ...orders, topic: { ...orders.topic, name }, key: (i) => orders.key(i), json: (i) => orders.json(i) },
      onProgress: () => undefined,
    }),
  )
  expect((await Promise.all(runs)).map(({ records }) => records)).toEqual([100, 100, 100])
  const expected = Array.from({ length: 100 }, (_, i) => orders.json(i))
  for (const name of names) expect(await valuesIn(name)).toEqual(expected)
  // 500 ms, a request each 25 ms at most from each: 60 where none were shared
  expect(requests()).toBeLessThan(45)
})
