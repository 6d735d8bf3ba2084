import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { takeCut } from '../../src/app/audit/cut.ts'
import { integer, time, uuid } from '../../src/pipeline/codec/fields.ts'
import { defineTopic } from '../../src/pipeline/events/define-topic.ts'
import { orders, stateTopic } from '../../src/pipeline/events/topics.ts'
import { ordersAt } from '../../src/pipeline/sources/orders.ts'
import { defineWorker } from '../../src/pipeline/worker/define-worker.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import type { WorkerEvent } from '../../src/runtime/events.ts'
import { armFailPoint } from '../../src/runtime/failpoint.ts'
import { TransactionalProducer } from '../../src/runtime/producers/transactional.ts'
import { brokers } from '../support/broker.ts'
import { client, eventsOf, isolated, start, type Isolated } from '../support/isolated.ts'
import { memberOf } from '../support/member.ts'
import { readAll, writeAll } from '../support/records.ts'
import { ownerOf } from '../support/task.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { eventually } from '../support/wait.ts'

const COUNT = 60_000
const startMs = Date.UTC(2026, 0, 1)
const endMs = startMs + 3_600_000
const DELAY_MS = 60_000

const reminders = defineWorker({
  name: 'reminders',
  summary: 'Reminds of each order a minute later',
  inputs: { orders },
  output: defineTopic(
    'reminders',
    { order_id: uuid(), dueAt: time(), firedAt: time(), orders: integer(0) },
    { key: ({ order_id }) => order_id, timeOf: ({ firedAt }) => firedAt },
  ),
  state: {
    schema: z.object({ order_id: z.string(), due: z.number(), fired: z.boolean() }),
    initial: null,
    key: { orders: ({ order_id }) => order_id },
  },
  on: {
    orders: ({ order_id, timestamp }) => ({ state: { order_id, due: timestamp + DELAY_MS, fired: false } }),
  },
  dueAt: (state) => (state === null || state.fired ? undefined : state.due),
  onTime: (now, state) => ({
    state: state && { ...state, fired: true },
    emit: state ? [{ order_id: state.order_id, dueAt: state.due, firedAt: now, orders: 1 }] : [],
  }),
}) as unknown as AnyWorker

/** An order a ms, and then one so much later that all of the others are due at once. */
async function allDueAtOnce(count = COUNT): Promise<Isolated> {
  const own = await isolated(reminders, { partitions: 1 })
  const order = ordersAt(1)
  const messages = Array.from({ length: count + 1 }, (_, i) => {
    const timestampMs = i === count ? endMs : startMs + i
    return { key: null, value: orders.shape.encode(order(i, timestampMs)), timestamp: String(timestampMs) }
  })
  await writeAll(brokers(), own.topicOf('orders'), messages)
  return own
}

async function expectAllFired({ output }: Isolated): Promise<void> {
  const fired = (await readAll(brokers(), output)).map(({ value }) => JSON.parse(value!) as { dueAt: string; firedAt: string }) // prettier-ignore
  expect(fired).toHaveLength(COUNT)
  expect(fired.map(({ dueAt }) => Date.parse(dueAt))).toEqual(Array.from({ length: COUNT }, (_, i) => startMs + i + DELAY_MS)) // prettier-ignore
  expect(new Set(fired.map(({ firedAt }) => Date.parse(firedAt)))).toEqual(new Set([endMs]))
}

test('a task is not idle, and has work, while what its timers did is not committed', async () => {
  const own = await allDueAtOnce(999)
  const { task } = ownerOf(own.worker, 0)
  const looks: { idle: boolean; hasWork: boolean }[] = []
  const commit: (this: TransactionalProducer, onSent?: () => void) => Promise<void> = Reflect.get(
    TransactionalProducer.prototype,
    'commit',
  )
  const spied = vi.spyOn(TransactionalProducer.prototype, 'commit')
  onTestFinished(() => spied.mockRestore())
  spied.mockImplementation(function (this: TransactionalProducer, onSent) {
    looks.push({ idle: task.idle, hasWork: task.hasWork })
    return commit.call(this, onSent)
  })
  await eventually(() => expect(task.idle).toBe(true))
  expect(task.hasWork).toBe(false)
  expect(task.counts).toMatchObject({ processed: 1_000, emitted: 999 })
  expect(looks.length).toBeGreaterThan(1)
  for (const look of looks) expect(look).toEqual({ idle: false, hasWork: true })
})

const firing = (events: readonly WorkerEvent[]) => eventsOf(events, 'committed').filter(({ emitted }) => emitted > 0)

describe.each(['memory', 'disk'] as const)('more timers than a transaction has room for, with state in %s', (where) => {
  afterEach(() => armFailPoint(undefined))
  const state = () => ({ directory: temporaryDirectory(), memoryBytes: where === 'disk' ? 0 : 1 << 30 })

  test('fire in their order over several transactions, and go on after one that is aborted', async () => {
    const own = await allDueAtOnce()
    const events: WorkerEvent[] = []
    const onEvent = (event: WorkerEvent): void => {
      events.push(event)
      if (event.kind === 'committed' && firing(events).length === 1 && event.emitted > 0) armFailPoint('after-outputs:error') // prettier-ignore
    }
    await start([own.worker], { untilCaughtUp: true, state: state(), onEvent }).done
    expect(eventsOf(events, 'aborted').map(({ cause }) => cause.error)).toContain('fail point after-outputs')
    expect(firing(events).length).toBeGreaterThan(2)
    await expectAllFired(own)
  })

  test('are waited for where another member has them', async () => {
    const own = await allDueAtOnce()
    const first = start([own.worker], {
      state: state(),
      onEvent: (event) => event.kind === 'committed' && event.emitted > 0 && first.stop(),
    })
    await first.done
    const idler = await memberOf(own.worker, 1)
    expect(idler.latest().partitions).toEqual([0])
    let looks = 0
    const second = start([own.worker], {
      ...{ untilCaughtUp: true, state: state() },
      onRequest: (_, { api }) => void (looks += Number(api === 'Metadata')),
    })
    await eventually(() => expect(eventsOf(second.events, 'assigned')).toMatchObject([{ partitions: [] }]))
    const seen = looks
    await eventually(() => expect(looks).toBeGreaterThan(seen + 5))
    await idler.leave()
    await second.done
    await expectAllFired(own)
  })

  test('go on where they were after a restart, though nothing is left to read', async () => {
    const own = await allDueAtOnce()
    const kept = state()
    const events: WorkerEvent[] = []
    const run = start([own.worker], {
      state: kept,
      onEvent: (event) => {
        events.push(event)
        if (event.kind === 'committed' && event.emitted > 0) run.stop()
      },
    })
    await run.done
    const before = firing(events).reduce((sum, { emitted }) => sum + emitted, 0)
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(COUNT)
    const progress = (await readAll(brokers(), stateTopic(own.worker.name))).at(-1)!
    expect(JSON.parse(progress.value!)).toMatchObject({ firing: true, offsets: { [`${own.topicOf('orders')}/0`]: COUNT + 1 } }) // prettier-ignore
    const { signal } = new AbortController()
    await expect(takeCut(client(), own.worker, signal)).rejects.toMatchObject({ code: 'TIMERS_DUE' })
    await start([own.worker], { untilCaughtUp: true, state: kept }).done
    expect(await takeCut(client(), own.worker, signal)).toMatchObject({ exact: true })
    await expectAllFired(own)
  })
})
