import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { moveGroup, moving } from '../support/move-group.ts'
import { readAll, writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const stateless = findWorker('large-orders')!
const stateful = findWorker('aggregated-revenue')!
const payment = JSON.stringify({ payment_id: '22222222-2222-4222-8222-222222222222', order_id: '11111111-1111-4111-8111-111111111111', user_id: 1, status: 'SUCCESS', amount: 900, payment_method: 'PayPal', timestamp: '2026-01-01T00:00:00Z' }) // prettier-ignore
const payments = (count: number) => Array.from({ length: count }, () => ({ key: '1', value: payment }))

/** A worker over one partition that has processed 100 payments. */
async function statelessAtHundred() {
  const own = await isolated(stateless, { partitions: 1 })
  const topic = own.topicOf('payments')
  await writeAll(brokers(), topic, payments(100))
  await runUntilCaughtUp([own.worker])
  const move = (offset: number) => moveGroup(brokers(), `payflow-${own.worker.name}`, { topic, partition: 0, offset })
  return { ...own, topic, move }
}

/** A worker over one partition that keeps the sums of 100 orders, and knows where its group stands. */
async function statefulAtHundred() {
  const own = await isolated(stateful, { partitions: 1 })
  const topic = own.topicOf('orders')
  await writeAll(brokers(), topic, orderMessages(0, 100))
  await runUntilCaughtUp([own.worker])
  const move = (offset: number) => moveGroup(brokers(), `payflow-${own.worker.name}`, { topic, partition: 0, offset })
  return { ...own, topic, move }
}

describe('a group that was moved on purpose', () => {
  test('is followed by a worker without state', async () => {
    const { worker, output, move } = await statelessAtHundred()
    await move(40)
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 60, emitted: 60 }])
    await move(100)
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 0 }])
    expect(await readAll(brokers(), output)).toHaveLength(160)
  })

  test.each([0, 99])(
    'to %i is refused by a worker with state: it names the command that rebuilds it',
    async (offset) => {
      const { worker, topic, output, move } = await statefulAtHundred()
      await move(offset)
      await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
        code: 'GROUP_MOVED',
        message: `payflow-${worker.name} stands at offset ${offset} of ${topic}/0, but its state was kept up to 100`,
        hint: expect.stringContaining(`payflow worker reset ${worker.name}`) as string,
      })
      await move(100)
      await writeAll(brokers(), topic, orderMessages(100, 120))
      await runUntilCaughtUp([worker])
      await expectExactRevenue(brokers(), output, 120)
    },
  )
})

test('a commit that shows late is waited for: the progress record is ahead of it', async () => {
  const { worker, topic, output, move } = await statefulAtHundred()
  await move(60)
  await writeAll(brokers(), topic, orderMessages(100, 150))
  const run = start([worker], { untilCaughtUp: true })
  await eventually(() => expect(run.events.map(({ message }) => message)).toContain('partition 0: restoring → seeking'), { intervalMs: 10 }) // prettier-ignore
  await move(100)
  expect(await run.done).toMatchObject([{ processed: 50 }])
  await expectExactRevenue(brokers(), output, 150)
})

test('an offset that a transaction is about to change is not believed, for however long that takes', async () => {
  const { worker, topic, output, move } = await statelessAtHundred()
  await move(60)
  const undecided = await moving(brokers(), `payflow-${worker.name}`, { topic, partition: 0, offset: 100 })
  const run = start([worker], { untilCaughtUp: true })
  await eventually(() => expect(run.events.map(({ message }) => message)).toContain('partition 0: restoring → seeking'), { intervalMs: 10 }) // prettier-ignore
  await sleep(3_000) // answers are believed after two seconds, unless they may change
  expect(run.events.map(({ message }) => message)).not.toContain('partition 0: seeking → running')
  await undecided.commit()
  expect(await run.done).toMatchObject([{ processed: 0 }])
  expect(await readAll(brokers(), output)).toHaveLength(100)
})

describe('an offset that is not there', () => {
  test.each(['after the end', 'before the start'])(
    '%s is an error that says so, and nothing is passed over',
    async (where) => {
      const { worker, topic, output, move } = await statelessAtHundred()
      if (where === 'after the end') await move(1_000)
      else {
        await move(20)
        const admin = await client().admin()
        await admin.fetchTopicOffsets(topic) // deleting alone, kafkajs does not know where the topic is
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '50' }] })
      }
      const offset = where === 'after the end' ? 1_000 : 20
      await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        message: expect.stringContaining(`stands at offset ${offset} of ${topic}/0, which is not there`) as string,
        hint: expect.stringContaining(`payflow worker reset ${worker.name}`) as string,
      })
      expect(await readAll(brokers(), output)).toHaveLength(100)
      await move(60)
      expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 40 }])
    },
  )
})
