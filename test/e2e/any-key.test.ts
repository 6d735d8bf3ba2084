import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { isolated } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { auditOf, expectRightSums, itemsWorker, saleMessages } from '../support/sales.ts'
import { workerProcess } from '../support/worker-process.ts'

test('processes killed in the middle of handing records on: no record is lost on its way, and none counts twice', async () => {
  const own = await isolated(itemsWorker, { partitions: 4 })
  const points = ['after-first-output', 'after-outputs', 'after-offsets', 'commit-sent', 'after-commit']
  for (const [round, point] of points.entries()) {
    await writeAll(brokers(), own.topicOf('sales'), saleMessages(round * 500, (round + 1) * 500))
    // the second transaction: by then some of what was handed on is read again, while the rest is still on its way
    expect(await workerProcess(own, { failPoint: `${point}:kill:2` }).ended).toBe('SIGKILL')
  }
  expect(await workerProcess(own, { untilCaughtUp: true }).ended).toBe(0)
  await expectRightSums(brokers(), own.output, points.length * 500)
  const inbox = await readAll(brokers(), `payflow-${own.worker.name}-inbox`)
  const origins = inbox.map(({ headers }) => `${headers['payflow.partition']!} ${headers['payflow.offset']!}`)
  expect(origins.length).toBeGreaterThan(1_000)
  expect(new Set(origins).size).toBe(origins.length)
  expect(await auditOf(own.worker)).toMatchObject({ missing: 0, unexpected: 0, inputs: points.length * 500 })
})
