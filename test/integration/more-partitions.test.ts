import { expect, test } from 'vitest'
import { applyWorkerReset, readWorkerReset } from '../../src/app/workers/reset.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, expectRevenueInAnyOrder, orderMessages } from '../support/revenue.ts'

test('an input with more partitions than the state was kept for is refused, until the state is rebuilt', async () => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 500))
  await runUntilCaughtUp([worker])
  const kafka = client()
  await (await kafka.admin()).createPartitions({ topicPartitions: [{ topic: topicOf('orders'), count: 5 }] })
  await writeAll(brokers(), topicOf('orders'), orderMessages(500, 1_000))

  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
    code: 'PARTITIONS_CHANGED',
    hint: expect.stringContaining(`payflow worker reset ${worker.name}`) as string,
  })
  await expectExactRevenue(brokers(), output, 500)

  const { signal } = new AbortController()
  const options = { keepOutput: false, partitions: 3, replicationFactor: 1 }
  const plan = await readWorkerReset(kafka, [worker], [worker], options, signal)
  await applyWorkerReset(kafka, plan, { sessionTimeoutMs: 6_000, signal }, () => undefined)
  const [summary] = await runUntilCaughtUp([worker])
  // Orders that lie where their users were before go through the inbox, and count twice as records.
  expect(summary!.emitted).toBe(1_000)
  await expectRevenueInAnyOrder(brokers(), output, 1_000)
})
