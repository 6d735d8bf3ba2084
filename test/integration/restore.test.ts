import { ConfigResourceTypes } from 'kafkajs'
import { expect, test } from 'vitest'
import { orders, stateTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { Changelog } from '../../src/runtime/state/changelog.ts'
import { MemoryState } from '../../src/runtime/state/memory-state.ts'
import { withAdmin } from '../support/admin.ts'
import { ownBroker } from '../support/broker.ts'
import { Fold } from '../../src/pipeline/testing/fold.ts'
import { client, isolated, start } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages, orderOf } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

async function configure(
  addresses: readonly string[],
  type: ConfigResourceTypes,
  name: string,
  settings: Record<string, string>,
): Promise<void> {
  const configEntries = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  await withAdmin(addresses, (admin) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] }),
  )
}

test('what is restored from a compacted changelog is what the running worker holds', async () => {
  const { brokers: addresses } = await ownBroker()
  await configure(addresses, ConfigResourceTypes.BROKER, '0', { 'log.cleaner.backoff.ms': '100' })
  const revenue = findWorker('aggregated-revenue')!
  const { worker, topicOf, output } = await isolated(revenue, { partitions: 1, addresses })
  const changelog = stateTopic(worker.name)
  const run = start([worker], { client: { brokers: addresses } })
  let count = 0
  const more = async (): Promise<void> => {
    await writeAll(addresses, topicOf('orders'), orderMessages(count, count + 50))
    count += 50
  }
  await more()
  await eventually(() => expectExactRevenue(addresses, output, count))
  await configure(addresses, ConfigResourceTypes.TOPIC, changelog, { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' }) // prettier-ignore
  // A transaction leaves two records or more, and a marker: fewer than half of all offsets are left once the log was compacted.
  await eventually(async () => {
    await more()
    const records = await readAll(addresses, changelog)
    expect(records.length).toBeLessThan(records.at(-1)!.offset / 2)
  })
  await eventually(() => expectExactRevenue(addresses, output, count))
  run.stop()
  await run.done

  const fold = new Fold(revenue)
  for (let i = 0; i < count; i++) fold.process({ topic: orders, event: orderOf(i) })
  const state = new MemoryState(worker, {})
  const steps: number[][] = []
  const restored = new Changelog(client(addresses).connect(), {
    worker,
    partition: 0,
    state,
    signal: new AbortController().signal,
    onProgress: (done, total) => steps.push([done, total]),
  })
  const progress = await restored.read()
  expect(restored.undecided).toBe(false)
  const users = new Set(orderMessages(0, count).map(({ key }) => key))
  for (const user of users) expect(state.get(user)).toEqual(fold.state.get(user))
  expect(state.size).toBe(users.size)
  expect(progress).toMatchObject({ offsets: { [`${topicOf('orders')}/0`]: count }, eventTime: fold.eventTime })
  // The last record may be gone, or a marker: a restore ends on a position.
  const [done, total] = steps.at(-1)!
  expect(done).toBe(total)
  expect((await readAll(addresses, changelog)).at(-1)!.key).toBe('\u0000progress')

  const next = start([worker], { client: { brokers: addresses }, untilCaughtUp: true })
  await more()
  await next.done
  await expectExactRevenue(addresses, output, count)
})
