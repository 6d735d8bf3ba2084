import { afterEach, describe, expect, test } from 'vitest'
import { nobody } from '../../src/kafka/requests.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import type { WorkerEvent } from '../../src/runtime/events.ts'
import { TransactionalProducer } from '../../src/runtime/producers/transactional.ts'
import { armFailPoint, failPoints } from '../../src/runtime/failpoint.ts'
import { brokers } from '../support/broker.ts'
import { client, eventsOf, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { ownerOf } from '../support/task.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!
const hasAborted = (events: readonly WorkerEvent[]): boolean =>
  events.some(({ kind }) => kind === 'aborted' || kind === 'fenced')
const shortLived = { sessionTimeoutMs: 1_000, transactionTimeoutMs: 5_000 }

describe('an error at any step of the protocol', () => {
  afterEach(() => armFailPoint(undefined))

  test.each(failPoints)('%s: nothing is lost and nothing is counted twice', async (point) => {
    const { worker, topicOf, output } = await isolated(revenue)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 400))
    // only a state on disk is stored
    const where = point.endsWith('-store') ? { state: { directory: temporaryDirectory(), memoryBytes: 0 } } : {}
    await runUntilCaughtUp([worker], where)
    await writeAll(brokers(), topicOf('orders'), orderMessages(400, 800))
    armFailPoint(`${point}:error`)
    const run = start([worker], { untilCaughtUp: true, ...where })
    await run.done
    if (point !== 'on-assignment') expect(hasAborted(run.events)).toBe(true)
    await expectExactRevenue(brokers(), output, 800)
  })
})

describe('a stranger with the transactional id of a slot', () => {
  test('takes it over in mid-flight: the tasks are fenced, begin again, and the figures stay right', async () => {
    const { worker, topicOf, output } = await isolated(revenue)
    const run = start([worker], shortLived)
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
    await eventually(() => expect(eventsOf(run.events, 'phase').filter(({ to }) => to === 'running')).toHaveLength(3))
    for (let round = 1; round <= 5; round++) {
      await writeAll(brokers(), topicOf('orders'), orderMessages(300 * round, 300 * (round + 1)))
      for (const partition of [0, 1, 2]) {
        const transactionalId = `payflow-${worker.name}-${partition}`
        const stranger = await TransactionalProducer.open(client(), { transactionalId, transactionTimeoutMs: 5_000, patienceMs: 10_000 }) // prettier-ignore
        await stranger.close()
      }
    }
    run.stop()
    await run.done
    await runUntilCaughtUp([worker])
    expect(hasAborted(run.events)).toBe(true)
    await expectExactRevenue(brokers(), output, 1_800)
  })
})

test('two owners of one partition at once: each fences the other, nothing is counted twice', async () => {
  const { worker, topicOf, output } = await isolated(revenue, { partitions: 1 })
  await runUntilCaughtUp([worker])
  const owners = [ownerOf(worker, 0), ownerOf(worker, 0)]
  for (let round = 0; round < 10; round++) {
    await writeAll(brokers(), topicOf('orders'), orderMessages(150 * round, 150 * (round + 1)))
    await eventually(() => expect(owners.some(({ task }) => task.idle)).toBe(true))
  }
  for (const { task } of owners) task.stop()
  await Promise.all(owners.map(({ done }) => done))
  await runUntilCaughtUp([worker])
  expect(owners.some(({ phases }) => phases.includes('aborting'))).toBe(true)
  await expectExactRevenue(brokers(), output, 1_500)
})

test.each([0, 2])(
  'a transaction that a dead owner of slot %i left open is ended by the next owner, before the transaction times out',
  async (slot) => {
    const { worker, topicOf, output } = await isolated(revenue)
    await runUntilCaughtUp([worker])
    const dead = await TransactionalProducer.open(client(), {
      transactionalId: `payflow-${worker.name}-${slot}`,
      transactionTimeoutMs: 60_000,
      patienceMs: 10_000,
    })
    await dead.sendOffsets(`payflow-${worker.name}`, [{ topic: topicOf('orders'), partition: 0, offset: 999 }], nobody)
    await dead.close()
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
    const startedAt = performance.now()
    await runUntilCaughtUp([worker])
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    await expectExactRevenue(brokers(), output, 300)
  },
)
