import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { viewState } from '../../src/app/workers/state-view.ts'
import { stateTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import type { WorkerEvent } from '../../src/runtime/events.ts'
import { armFailPoint } from '../../src/runtime/failpoint.ts'
import { DiskStore } from '../../src/runtime/state/disk-store.ts'
import { Fold } from '../../src/pipeline/testing/fold.ts'
import { orders } from '../../src/pipeline/events/topics.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, eventsOf, isolated, runUntilCaughtUp, start, type Isolated } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages, orderOf } from '../support/revenue.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!

/** One partition, on disk from the start. */
async function onDisk(memoryBytes = 0): Promise<{
  own: Isolated
  state: { directory: string; memoryBytes: number }
  path: string
  more: (count: number) => Promise<void>
  run: () => Promise<WorkerEvent[]>
  exact: () => Promise<void>
}> {
  const own = await isolated(revenue, { partitions: 1 })
  const state = { directory: temporaryDirectory(), memoryBytes }
  let written = 0
  return {
    own,
    state,
    path: join(state.directory, own.worker.name, '0'),
    more: async (count) => {
      await writeAll(brokers(), own.topicOf('orders'), orderMessages(written, (written += count)))
    },
    run: async () => {
      const run = start([own.worker], { untilCaughtUp: true, state })
      await run.done
      return run.events
    },
    exact: () => expectExactRevenue(brokers(), own.output, written),
  }
}

const reasons = (events: readonly WorkerEvent[]): string[] =>
  eventsOf(events, 'state-rebuilt').map(({ reason }) => reason)
/** Offsets of the changelog that were read. */
const restored = (events: readonly WorkerEvent[]): number => Math.max(0, ...eventsOf(events, 'restoring').map(({ total }) => total)) // prettier-ignore

/** What the store holds is what the orders come to. */
async function expectStored(path: string, count: number): Promise<void> {
  const fold = new Fold(revenue)
  for (let i = 0; i < count; i++) fold.process({ topic: orders, event: orderOf(i) })
  const store = await DiskStore.open(path)
  const found = new Map<string, unknown>()
  for await (const keys of store.keys()) for (const key of keys) found.set(key, JSON.parse(store.get(key)!))
  expect(store.head!.size).toBe(found.size)
  await store.close()
  const wanted = new Map([...fold.state.keys()].map((key) => [key, fold.state.get(key)]))
  expect(found).toEqual(wanted)
}

test('a restart reads only what the store lacks, and the figures are right', async () => {
  const { more, run, exact, path } = await onDisk()
  await more(300)
  expect(restored(await run())).toBe(0)
  await expectStored(path, 300)
  await more(300)
  const events = await run()
  expect(reasons(events)).toEqual([])
  // the last progress record, and the marker of its transaction
  expect(restored(events)).toBeLessThanOrEqual(2)
  expect(eventsOf(events, 'state-opened')[0]!.keys).toBeGreaterThan(0)
  await exact()
  await expectStored(path, 600)
})

test('what a state holds is shown beside a worker that runs: keys, bytes, a key, and where it is', async () => {
  const { own, state, more, exact, path } = await onDisk()
  await more(300)
  const run = start([own.worker], { state })
  await eventually(exact)
  const fold = new Fold(revenue)
  for (let i = 0; i < 300; i++) fold.process({ topic: orders, event: orderOf(i) })
  const [key] = [...fold.state.keys()]
  const view = await viewState(client(), own.worker, { key: key!, directory: state.directory, signal: new AbortController().signal }) // prettier-ignore
  expect(view).toMatchObject({ keys: fold.state.size, oldestTimer: null, found: [{ key, state: '', partition: 0, value: fold.state.get(key!), due: null }] }) // prettier-ignore
  expect(view.bytes).toBeGreaterThan(20 * view.keys)
  expect(view.partitions[0]!.onDisk.map((at) => at.path)).toEqual([path])
  // by its name alone, as one that somebody else runs
  const shown = await command(['worker', 'state', own.worker.name, '--json'], { brokers: brokers() })
  const partitions = [{ partition: 0, keys: view.keys, bytes: view.bytes, oldestTimer: null, onDisk: [] }]
  expect(JSON.parse(shown.stdout)).toEqual({ worker: own.worker.name, topic: stateTopic(own.worker.name), keys: view.keys, bytes: view.bytes, oldestTimer: null, timersKnown: false, partitions }) // prettier-ignore
  const keyed = await command(['worker', 'state', own.worker.name, key!, '--json'], { brokers: brokers() })
  expect(JSON.parse(keyed.stdout)).toMatchObject({ found: [{ key, state: '', value: fold.state.get(key!) }] })
  const wrong = await command(['worker', 'state', own.worker.name.slice(0, -1)], { brokers: brokers() })
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, `Error: There is no worker "${own.worker.name.slice(0, -1)}" on this cluster\n→ did you mean ${own.worker.name}?\n`]) // prettier-ignore
  run.stop()
  await run.done
})

test('a store that is behind, or a copy of yesterday that was put back, is gone on from', async () => {
  const { more, run, exact, path, state } = await onDisk()
  await more(200)
  await run()
  cpSync(path, join(state.directory, 'copy'), { recursive: true })
  await more(200)
  await run()
  rmSync(path, { recursive: true })
  cpSync(join(state.directory, 'copy'), path, { recursive: true })
  await more(200)
  const events = await run()
  expect(reasons(events)).toEqual([])
  expect(restored(events)).toBeGreaterThan(2)
  await exact()
  await expectStored(path, 600)
})

test.each([
  ['of another cluster', { identity: { clusterId: 'x' } }, 'another-cluster'],
  ['of an earlier topic', { identity: { topicId: 'x' } }, 'another-topic'],
  ['of another partition count', { identity: { partitions: 9 } }, 'another-worker'],
  ['of another layout', { identity: { layout: 0 } }, 'another-layout'],
  ['that is ahead of the changelog', { position: 1_000_000 }, 'ahead-of-changelog'],
  [
    'whose progress record is another one',
    { progress: { offsets: {}, eventTime: 5, partitions: 1 } },
    'differs-from-changelog',
  ],
  [
    'that is older than the tombstones',
    { position: 1, progressOffset: 0, progress: undefined, completeAtMs: 1 },
    'too-old',
  ],
])('a store %s is thrown away, that is said, and the figures are right', async (_, change, reason) => {
  const { more, run, exact, path } = await onDisk()
  await more(200)
  await run()
  const store = await DiskStore.open(path)
  const head = {
    ...store.head!,
    ...change,
    identity: { ...store.head!.identity, ...('identity' in change && change.identity) },
  }
  // what must not be found again
  await store.apply({ values: [['user-0', '{"user_id":0,"total":1}']], goneTimers: [], timers: [] }, head)
  await store.close()
  await more(200)
  expect(reasons(await run())).toEqual([reason])
  await exact()
  await expectStored(path, 400)
})

test('a topic that was deleted and created again makes the store void', async () => {
  const { own, more, run, path } = await onDisk()
  await more(100)
  await run()
  const topic = stateTopic(own.worker.name)
  await deleteTopics(client(), [topic])
  await createTopics(client(), [
    { topic, partitions: 1, replicationFactor: 1, config: { 'cleanup.policy': 'compact' } },
  ])
  // state and offsets contradict each other, as they would in memory
  await expect(run()).rejects.toMatchObject({ code: 'STATE_LOST' })
  const store = await DiskStore.open(path)
  expect(store.head?.size ?? 0).toBe(0)
  await store.close()
})

test('a damaged store is rebuilt, at its opening or when a value is read', async () => {
  const { more, run, exact, path } = await onDisk()
  await more(200)
  await run()
  for (const name of readdirSync(path)) if (name.startsWith('MANIFEST')) writeFileSync(join(path, name), 'nonsense')
  await more(200)
  expect(reasons(await run())).toEqual(['damaged'])
  await exact()
  const store = await DiskStore.open(path)
  const { head } = store
  await store.close()
  // written by something else
  const { ClassicLevel } = await import('classic-level')
  const level = new ClassicLevel(path)
  for await (const key of level.keys({ gte: 'k', lt: 'l' })) await level.put(key, '1:{}')
  await level.close()
  expect(head).toBeDefined()
  await more(200)
  expect(reasons(await run())).toEqual(['damaged'])
  await exact()
  await expectStored(path, 600)
})

test('a directory that another process has open is left to it: this one keeps its own', async () => {
  const { more, run, exact, path } = await onDisk()
  await more(100)
  await run()
  const held = await DiskStore.open(path)
  await more(100)
  const events = await run()
  expect(eventsOf(events, 'state-opened').map((event) => event.path)).toEqual([`${path}.2`])
  await exact()
  await held.close()
  await more(100)
  expect(eventsOf(await run(), 'state-opened').map((event) => event.path)).toEqual([path])
  await exact()
  await expectStored(path, 300)
  expect(existsSync(`${path}.2`)).toBe(false)
})

test('where the disk cannot be used, state stays in memory, and that is said once', async () => {
  const { own, more, exact, state } = await onDisk()
  const file = join(state.directory, 'file')
  writeFileSync(file, '')
  await more(300)
  const run = start([own.worker], { untilCaughtUp: true, state: { directory: join(file, 'below'), memoryBytes: 0 } })
  await run.done
  await exact()
  const warnings = eventsOf(run.events, 'warning').filter(({ code }) => code === 'state-disk')
  expect(warnings).toHaveLength(1)
  expect(warnings[0]!.fields['what']).toContain('cannot be kept on disk (ENOTDIR')
})

test('a disk that becomes full is a warning: the state goes on in memory, and the figures are right', async (context) => {
  const directory = temporaryDirectory()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', directory]).status !== 0) return context.skip()
  onTestFinished(() => void spawnSync('umount', ['-l', directory]))
  const { own, more, exact } = await onDisk()
  await more(10)
  await runUntilCaughtUp([own.worker], { state: { directory, memoryBytes: 0 } })
  writeFileSync(join(directory, 'ballast'), Buffer.alloc(statfsSync(directory).bavail * statfsSync(directory).bsize))
  await more(2_000)
  const run = start([own.worker], { untilCaughtUp: true, state: { directory, memoryBytes: 0 } })
  await run.done
  await exact()
  const warnings = eventsOf(run.events, 'warning').filter(({ code }) => code === 'state-disk')
  expect(warnings).toHaveLength(1)
  expect(warnings[0]!.fields['what']).toContain('No space left on device')
})

test('a state that becomes too large for memory goes to disk by itself, and stays there', async () => {
  const { more, run, exact, path } = await onDisk(2_000)
  await more(10)
  expect(eventsOf(await run(), 'state-moved')).toEqual([])
  expect(existsSync(path)).toBe(false)
  await more(590)
  const events = await run()
  expect(eventsOf(events, 'state-moved')).toHaveLength(1)
  expect(eventsOf(events, 'committed').reduce((sum, { processed }) => sum + processed, 0)).toBe(590)
  await exact()
  await expectStored(path, 600)
  await more(100)
  const later = await run()
  expect(eventsOf(later, 'state-moved')).toEqual([])
  expect(restored(later)).toBeLessThanOrEqual(2)
  await exact()
  await expectStored(path, 700)
})

describe('an error', () => {
  afterEach(() => armFailPoint(undefined))

  test.each(['before-store', 'after-store'])(
    '%s of a commit costs a new start, and the store is right',
    async (point) => {
      const { more, run, exact, path } = await onDisk()
      await more(300)
      armFailPoint(`${point}:error`)
      await run()
      armFailPoint(undefined)
      await more(300)
      await run()
      await exact()
      await expectStored(path, 600)
    },
  )

  test('before a commit leaves nothing of it in the store', async () => {
    const { more, run, exact, path } = await onDisk()
    await more(300)
    await run()
    await more(300)
    armFailPoint('after-outputs:error')
    await run()
    await exact()
    await expectStored(path, 600)
  })
})

test('two processes of one worker with one directory give partitions to each other, and nothing is lost', async () => {
  const own = await isolated(revenue)
  const state = { directory: temporaryDirectory(), memoryBytes: 0 }
  let written = 0
  const more = async (): Promise<void> => writeAll(brokers(), own.topicOf('orders'), orderMessages(written, (written += 200))) // prettier-ignore
  await more()
  const first = start([own.worker], { state, sessionTimeoutMs: 1_000 })
  await more()
  const second = start([own.worker], { state, sessionTimeoutMs: 1_000 })
  await more()
  first.stop()
  await first.done
  await more()
  second.stop()
  await second.done
  await runUntilCaughtUp([own.worker], { state })
  await expectExactRevenue(brokers(), own.output, written)
})
