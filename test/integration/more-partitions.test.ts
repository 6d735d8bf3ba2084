import { describe, expect, test } from 'vitest'
import { applyWorkerReset, readWorkerReset } from '../../src/app/workers/reset.ts'
import { addPartitions } from '../../src/kafka/topic-changes.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { withAdmin } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { largePayments as payments } from '../support/large-payments.ts'
import { readAll, writeAll } from '../support/records.ts'
import { expectExactRevenue, expectRevenueInAnyOrder, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const stateful = findWorker('aggregated-revenue')!
const stateless = findWorker('large-orders')!

async function reset(worker: AnyWorker): Promise<void> {
  const { signal } = new AbortController()
  const options = { keepOutput: false, partitions: 3, replicationFactor: 1 }
  const kafka = client()
  const plan = await readWorkerReset(kafka, [worker], [worker], options, signal)
  await applyWorkerReset(kafka, plan, { sessionTimeoutMs: 6_000, signal }, () => undefined)
}

const idsOf = (records: readonly { value: string | null }[]): string[] =>
  records.map(({ value }) => (JSON.parse(value!) as { order_id: string }).order_id).sort()

describe('an input with more partitions than its worker was started with', () => {
  test('is read in all of them by a worker without state, while it runs and after it was started again', async () => {
    const { worker, topicOf, output } = await isolated(stateless, { partitions: 2 })
    const topic = topicOf('payments')
    const instances = [start([worker]), start([worker])]
    const written = payments([0, 1], 20)
    await writeAll(brokers(), topic, written)
    await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(40))

    await addPartitions(client(), topic, 5)
    written.push(...payments([0, 1, 2, 3, 4], 10))
    await writeAll(brokers(), topic, written.slice(40))
    await eventually(async () => expect(idsOf(await readAll(brokers(), output))).toEqual(idsOf(written)), { timeoutMs: 30_000 }) // prettier-ignore
    for (const { stop, done } of instances) {
      stop()
      await done
    }

    await addPartitions(client(), topic, 6)
    const more = payments([5], 10)
    await writeAll(brokers(), topic, more)
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 10 }])
    expect(idsOf(await readAll(brokers(), output))).toEqual(idsOf([...written, ...more]))
  })

  test('ends a worker with state while it runs: it names the command that rebuilds it, which works', async () => {
    const { worker, topicOf, output } = await isolated(stateful)
    const run = start([worker])
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
    await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(300))
    await addPartitions(client(), topicOf('orders'), 5)
    await writeAll(brokers(), topicOf('orders'), orderMessages(300, 600))
    await expect(run.done).rejects.toMatchObject({
      code: 'PARTITIONS_CHANGED',
      kind: 'failed',
      hint: `rebuild it with \`payflow worker reset ${worker.name}\``,
    })
    await reset(worker)
    await runUntilCaughtUp([worker])
    await expectRevenueInAnyOrder(brokers(), output, 600)
  })
})

test('an input that is created again under a running worker without state is read from its start, and none of it twice', async () => {
  const { worker, topicOf, output } = await isolated(stateless, { partitions: 1 })
  const topic = topicOf('payments')
  const run = start([worker])
  await writeAll(brokers(), topic, payments([0], 20))
  await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(20))
  await deleteTopics(client(), [topic])
  await createTopics(client(), [{ topic, partitions: 1, replicationFactor: 1 }])
  // among them records that lie where the topic before was to be read next
  await writeAll(brokers(), topic, payments([0], 40))
  await eventually(async () => expect((await readAll(brokers(), output)).length).toBeGreaterThanOrEqual(60), { timeoutMs: 30_000 }) // prettier-ignore
  run.stop()
  await run.done
  expect(await readAll(brokers(), output)).toHaveLength(60)
})

test('an input with more partitions than the state was kept for is refused, until the state is rebuilt', async () => {
  const { worker, topicOf, output } = await isolated(stateful)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 500))
  await runUntilCaughtUp([worker])
  await withAdmin(brokers(), (admin) => admin.createPartitions({ topicPartitions: [{ topic: topicOf('orders'), count: 5 }] })) // prettier-ignore
  await writeAll(brokers(), topicOf('orders'), orderMessages(500, 1_000))

  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
    code: 'PARTITIONS_CHANGED',
    hint: expect.stringContaining(`payflow worker reset ${worker.name}`) as string,
  })
  await expectExactRevenue(brokers(), output, 500)

  await reset(worker)
  const [summary] = await runUntilCaughtUp([worker])
  // Orders that lie where their users were before go through the inbox, and count twice as records.
  expect(summary!.emitted).toBe(1_000)
  await expectRevenueInAnyOrder(brokers(), output, 1_000)
})
