import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { applyWorkerReset, readWorkerReset } from '../../src/app/workers/reset.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import { stateTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { deleteBefore, withAdmin } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { client, isolated, movesOf, runUntilCaughtUp, start } from '../support/isolated.ts'
import { moveGroup, moving } from '../support/move-group.ts'
import { readAll, writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const stateless = findWorker('large-orders')!
const stateful = findWorker('aggregated-revenue')!
const payment = JSON.stringify({ payment_id: '22222222-2222-4222-8222-222222222222', order_id: '11111111-1111-4111-8111-111111111111', user_id: 1, status: 'SUCCESS', amount: 900, payment_method: 'PayPal', timestamp: '2026-01-01T00:00:00Z' }) // prettier-ignore
const payments = (count: number) => Array.from({ length: count }, () => ({ key: '1', value: payment }))

function groupOn(worker: string, topic: string) {
  const group = `payflow-${worker}`
  return { group, move: (offset: number) => moveGroup(brokers(), group, { topic, partition: 0, offset }) }
}

async function forget(group: string): Promise<void> {
  await withAdmin(brokers(), (admin) => admin.deleteGroups([group]))
}

async function offsetOf(groupId: string, topic: string): Promise<number> {
  const [found] = await withAdmin(brokers(), (admin) => admin.fetchOffsets({ groupId, topics: [topic] }))
  return Number(found!.partitions[0]!.offset)
}

async function recreate(topic: string): Promise<void> {
  await deleteTopics(client(), [topic])
  await createTopics(client(), [{ topic, partitions: 1, replicationFactor: 1 }])
}

/** A worker over one partition that has processed 100 payments. */
async function statelessAtHundred() {
  const own = await isolated(stateless, { partitions: 1 })
  const topic = own.topicOf('payments')
  await writeAll(brokers(), topic, payments(100))
  await runUntilCaughtUp([own.worker])
  return { ...own, topic, ...groupOn(own.worker.name, topic) }
}

/** A worker over one partition that keeps the sums of 100 orders, and knows where its group stands. */
async function statefulAtHundred() {
  const own = await isolated(stateful, { partitions: 1 })
  const topic = own.topicOf('orders')
  await writeAll(brokers(), topic, orderMessages(0, 100))
  await runUntilCaughtUp([own.worker])
  return { ...own, topic, ...groupOn(own.worker.name, topic) }
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
  await eventually(() => expect(movesOf(run.events, 0)).toContain('seeking → restoring'), { intervalMs: 10 }) // prettier-ignore
  // not looked at here: by then the worker may have gone on to 150
  await (await moving(brokers(), `payflow-${worker.name}`, { topic, partition: 0, offset: 100 })).commit()
  expect(await run.done).toMatchObject([{ processed: 50 }])
  await expectExactRevenue(brokers(), output, 150)
})

test('an offset that a transaction is about to change is not believed, for however long that takes', async () => {
  const { worker, topic, output, move } = await statelessAtHundred()
  await move(60)
  const undecided = await moving(brokers(), `payflow-${worker.name}`, { topic, partition: 0, offset: 100 })
  const run = start([worker], { untilCaughtUp: true })
  await eventually(() => expect(movesOf(run.events, 0)).toContain('fencing → seeking'), { intervalMs: 10 }) // prettier-ignore
  await sleep(3_000) // answers are believed after two seconds, unless they may change
  expect(movesOf(run.events, 0)).not.toContain('restoring → running')
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
        await deleteBefore(brokers(), topic, 50)
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

test('a log that ends too early for a moment is one of a broker that is behind: the worker waits for the rest of it', async () => {
  const { worker, topic, output, move } = await statelessAtHundred()
  await move(150)
  const run = start([worker])
  await eventually(() => expect(movesOf(run.events, 0)).toContain('restoring → aborting'))
  await writeAll(brokers(), topic, payments(70))
  await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(120))
  run.stop()
  await run.done
})

describe('a group that has no offsets any more', () => {
  test('goes on at the progress record of a worker without state, and has them again', async () => {
    const { worker, topic, output, group } = await statelessAtHundred()
    await forget(group)
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 0 }])
    expect(await offsetOf(group, topic)).toBe(100)
    await forget(group)
    await writeAll(brokers(), topic, payments(20))
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 20 }])
    expect(await readAll(brokers(), output)).toHaveLength(120)
  })

  test('goes on where the state was kept up to', async () => {
    const { worker, topic, output, group } = await statefulAtHundred()
    await forget(group)
    await writeAll(brokers(), topic, orderMessages(100, 120))
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 20 }])
    await expectExactRevenue(brokers(), output, 120)
  })

  test.each([
    ['without state', statelessAtHundred],
    ['with state', statefulAtHundred],
  ])(
    'and a record without the topic’s id: a worker %s refuses, until somebody puts the group back',
    async (_, atHundred) => {
      const { worker, topic, output, group, move } = await atHundred()
      const earlier = { offsets: { [`${topic}/0`]: 100 }, eventTime: null, partitions: 1 }
      await writeAll(brokers(), stateTopic(worker.name), [{ key: '\u0000progress', value: JSON.stringify(earlier), partition: 0 }]) // prettier-ignore
      expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 0 }])
      await forget(group)
      await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
        code: 'POSITION_UNKNOWN',
        hint: expect.stringMatching(/--to 100 .*payflow worker reset/) as string,
      })
      await move(100)
      expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 0 }])
      expect(await readAll(brokers(), output)).toHaveLength(100)
    },
  )
})

describe('an input that was deleted and created again', () => {
  test('is read from its start by a worker without state, even when the group has kept its old offset', async () => {
    const { worker, topic, output, move } = await statelessAtHundred()
    await recreate(topic)
    await writeAll(brokers(), topic, payments(30))
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 30 }])
    await recreate(topic)
    await writeAll(brokers(), topic, payments(70))
    await move(30)
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 70 }])
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 0 }])
    expect(await readAll(brokers(), output)).toHaveLength(200)
  })

  test('is refused by a worker with state, until somebody says that it goes on with what it has', async () => {
    const { worker, topic, output, move } = await statefulAtHundred()
    await recreate(topic)
    await writeAll(brokers(), topic, orderMessages(100, 130))
    await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
      code: 'TOPIC_RECREATED',
      message: expect.stringContaining(`${topic} was deleted and created again`) as string,
      hint: expect.stringMatching(/payflow worker reset .*--to start/) as string,
    })
    await move(0)
    expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 30 }])
    await expectExactRevenue(brokers(), output, 130)
  })
})

test('a state that was deleted under a group that stayed is missed', async () => {
  const { worker } = await statefulAtHundred()
  await deleteTopics(client(), [stateTopic(worker.name)])
  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({ code: 'STATE_LOST', hint: expect.stringContaining(`payflow worker reset ${worker.name}`) as string }) // prettier-ignore
})

test('records that retention deleted before they were read are missed; a worker with state goes on with the rest when told to', async () => {
  const { worker, topic, move } = await statefulAtHundred()
  await writeAll(brokers(), topic, orderMessages(100, 150))
  await deleteBefore(brokers(), topic, 120)
  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    hint: expect.stringContaining('--to start') as string,
  })
  await move(120)
  expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 30 }])
})

test('a worker does not go on with a state whose reset was interrupted; the reset can be run again', async () => {
  const { worker, output } = await statefulAtHundred()
  const kafka = client()
  const reset = async (ended: AbortController, interruptAt?: RegExp): Promise<void> => {
    const options = { keepOutput: false, partitions: 1, replicationFactor: 1 }
    const plan = await readWorkerReset(kafka, [worker], [worker], options, ended.signal)
    await applyWorkerReset(kafka, plan, { sessionTimeoutMs: 6_000, signal: ended.signal }, (step) => {
      if (interruptAt?.test(step)) ended.abort()
    })
  }
  await expect(reset(new AbortController(), /^deleting \d+ topics/)).rejects.toThrow()
  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({ code: 'RESET_UNFINISHED', hint: expect.stringContaining(`payflow worker reset ${worker.name}`) as string }) // prettier-ignore
  await reset(new AbortController())
  expect(await runUntilCaughtUp([worker])).toMatchObject([{ processed: 100 }])
  await expectExactRevenue(brokers(), output, 100)
})
