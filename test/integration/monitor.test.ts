import { expect, onTestFinished, test, vi } from 'vitest'
import { Monitor } from '../../src/app/monitor/monitor.ts'
import { customWorkers } from '../../src/app/monitor/watched.ts'
import { Connection } from '../../src/kafka/connection.ts'
import { countSpans } from '../../src/kafka/count.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { orderMessages } from '../support/revenue.ts'
import { itemsWorker, saleMessages } from '../support/sales.ts'

const revenue = findWorker('aggregated-revenue')!

test('a sample tells what each group has left of the same partitions, and asks for all of them together', async () => {
  const { worker, topicOf, output } = await isolated(revenue, { partitions: 12 })
  const never = { ...worker, name: `${worker.name}-never` }
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 60))
  await runUntilCaughtUp([worker])
  await writeAll(brokers(), topicOf('orders'), orderMessages(60, 100))

  const monitor = new Monitor(client(), { topics: [output], workers: [worker, never], from: 'start' })
  await monitor.sample()
  const sent = vi.spyOn(Connection.prototype, 'send')
  onTestFinished(() => void vi.restoreAllMocks())
  const { topics, workers } = await monitor.sample()
  expect(topics).toEqual([{ topic: output, records: 60 }])
  expect(workers).toMatchObject([
    { worker: worker.name, lag: 40, undecided: 0 },
    { worker: never.name, lag: 100 },
  ])
  expect(sent.mock.calls.length).toBeLessThan(12)
})

test('a custom worker is watched by what its group has read, wherever it runs, and why explains it', async () => {
  const { worker, topicOf } = await isolated(itemsWorker)
  await writeAll(brokers(), topicOf('sales'), saleMessages(0, 90))
  await runUntilCaughtUp([worker])
  await writeAll(brokers(), topicOf('sales'), saleMessages(90, 100))
  const found = await customWorkers(client(), (name) => name === worker.name)
  expect(found).toEqual([{ name: worker.name, inputs: [topicOf('sales')], output: null, custom: true }])

  const monitor = new Monitor(client(), { ...{ topics: [], workers: [], from: 'start', skipMissing: true }, customs: () => Promise.resolve(found) }) // prettier-ignore
  const sample = await monitor.sample()
  expect(sample.workers).toMatchObject([{ worker: worker.name, lag: 10, state: 'Empty', members: 0 }])
  expect(await command(['why', worker.name], { brokers: brokers() })).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining('No process runs it, and 10 records wait') as unknown,
  })
})

test('spans of one partition are counted each by itself, also where they begin or end in the middle of a batch', async () => {
  const { topicOf } = await isolated(revenue, { partitions: 1 })
  const topic = topicOf('orders')
  await writeAll(brokers(), topic, orderMessages(0, 50))
  const spans = [[0, 50], [10, 20], [49, 50], [30, 30]].map(([from, to]) => ({ topic, partition: 0, from: from!, to: to!, records: 0, next: 0 })) // prettier-ignore
  await countSpans(client().shared, spans, (span, { records, nextOffset }) => {
    span.records += records
    span.next = nextOffset
  })
  expect(spans.map(({ records, next }) => [records, next])).toEqual([[50, 50], [10, 20], [1, 50], [0, 0]]) // prettier-ignore
})
