import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { orders, orderStatus } from '../../../../src/pipeline/events/topics.ts'
import { defineWorker } from '../../../../src/pipeline/worker/define-worker.ts'
import type { AnyWorker } from '../../../../src/pipeline/worker/definition.ts'
import { StateStore } from '../../../../src/pipeline/worker/state.ts'
import { DiskState } from '../../../../src/runtime/state/disk-state.ts'
import { DiskStore, isLocked } from '../../../../src/runtime/state/disk-store.ts'
import type { Place } from '../../../../src/runtime/state/task-state.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

interface Value {
  readonly n: number
  readonly due: number | null
}

const worker = defineWorker({
  name: 'timed',
  summary: 'Has timers',
  inputs: { orders },
  output: orderStatus,
  state: { schema: z.object({ n: z.int(), due: z.number().nullable() }), initial: { n: 0, due: null }, key: { orders: ({ order_id }) => order_id } }, // prettier-ignore
  on: { orders: () => undefined },
  dueAt: ({ due }) => due ?? undefined,
  onTime: () => undefined,
}) as unknown as AnyWorker

const identity = { layout: 1, clusterId: 'c', topicId: 't', worker: 'timed', partition: 0, partitions: 1 }
const placeAt = (position: number): Place => ({ position, progress: { offsets: { a: position }, eventTime: null, partitions: 1 }, progressOffset: position - 1, completeAtMs: position }) // prettier-ignore

async function opened(
  path: string,
  timers = 'one rule',
  onFault: (fault: Error) => void = vi.fn(),
): Promise<DiskState> {
  const store = await DiskStore.open(path)
  // no cache, and few timers at hand: all of it is read
  return new DiskState({ worker, options: {}, store, identity, tombstonesMs: 1, timers, cacheBytes: () => 0, timersAhead: 2, onWiped: vi.fn(), onFault }) // prettier-ignore
}

/** As a commit does. */
async function commit(state: DiskState, position: number): Promise<void> {
  for (const [key, value] of state.changes) if (value !== null) state.measured(key, JSON.stringify(value))
  await state.committed(placeAt(position))
}

type Step =
  | { readonly do: 'set'; readonly key: string; readonly value: Value | null }
  | { readonly do: 'advance'; readonly by: number }
  | { readonly do: 'commit' | 'crash' | 'other-rule' }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'ä/𝄞')
const value = fc.record({ n: fc.nat(9), due: fc.option(fc.integer({ min: -5, max: 60 })) })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), key, value: fc.option(value, { freq: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.nat(12) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'crash' as const, 'other-rule' as const) }),
  },
)

test('after a restart timers are looked for from the first that is left, or from an earlier one that the changelog brings', async () => {
  const path = join(temporaryDirectory(), 's')
  const before = await opened(path)
  for (const [name, due] of [['a', 10], ['b', 20], ['c', 30]] as const) before.set(name, { n: 0, due }) // prettier-ignore
  await commit(before, 1)
  await before.loadTimers()
  for (const name of before.due(15)) before.set(name, { n: 1, due: null })
  await commit(before, 2)
  await before.close()
  const after = await opened(path)
  expect(after.horizon).toBe(20)
  after.restore('d', { n: 0, due: 5 }, '{"n":0,"due":5}')
  await after.restored(placeAt(3))
  expect(after.horizon).toBe(5)
  await after.loadTimers()
  const fired: string[] = []
  for (const name of after.due(25)) {
    fired.push(name)
    after.set(name, { n: 1, due: null })
  }
  expect(fired).toEqual(['d', 'b'])
  await commit(after, 4)
  await after.close()
  // another rule: nothing is known of where they begin
  const renewed = await opened(path, 'another rule')
  await renewed.restoredWhole(() => undefined)
  expect(renewed.horizon).toBe(-Infinity)
  await renewed.close()
})

test('a state on disk is what one in memory is: values, timers and their order, through commits and restarts', async () => {
  const root = temporaryDirectory()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const path = join(root, String(run++))
      let disk = await opened(path)
      let memory = new StateStore(worker, {})
      const committed = new Map<string, unknown>()
      let now = -10
      let committedNow = now
      let position = 0
      let rule = 0
      for (const each of steps) {
        if (each.do === 'set') for (const state of [disk, memory]) state.set(each.key, each.value)
        if (each.do === 'advance') {
          now += each.by
          if (now >= disk.horizon) {
            // only a committed state may be asked
            await commit(disk, ++position)
            keep()
            while (now >= disk.horizon) await disk.loadTimers()
          }
          const fired = [disk, memory].map((state) => {
            const keys: string[] = []
            for (const due of state.due(now)) {
              keys.push(due)
              state.set(due, { n: keys.length, due: due < 'c' ? now + 7 : null })
            }
            return keys
          })
          expect(fired[0]).toEqual(fired[1])
        }
        if (each.do === 'commit') {
          await commit(disk, ++position)
          keep()
        }
        if (each.do === 'crash' || each.do === 'other-rule') {
          if (each.do === 'other-rule') rule++
          await disk.close()
          disk = await opened(path, `rule ${rule}`)
          if (position > 0) expect(disk.stored).toMatchObject(placeAt(position))
          await disk.restoredWhole(() => undefined)
          memory = new StateStore(worker, {})
          for (const [name, kept] of committed) memory.restore(name, kept)
          now = committedNow
        }
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'ä/𝄞', 'none']) expect(disk.find(name)).toEqual(memory.find(name)) // prettier-ignore
      }
      await commit(disk, ++position)
      expect(disk.size).toBe(memory.size)
      await disk.close()

      function keep(): void {
        for (const [name, changed] of memory.changes)
          if (changed === null) committed.delete(name)
          else committed.set(name, changed)
        memory.committed()
        committedNow = now
      }
    }),
    { numRuns: 25 },
  )
})

test('what is restored replaces what was there, counts keys once, and timers that do not hold any more do not fire', async () => {
  const path = temporaryDirectory()
  let state = await opened(path)
  const restore = (name: string, put: Value | null): void => {
    const text = put && JSON.stringify(put)
    state.restore(name, put, text)
    if (text !== null) state.measured(name, text)
  }
  restore('a', { n: 1, due: 5 })
  restore('b', { n: 1, due: 6 })
  restore('gone', { n: 1, due: 7 })
  await state.restored(placeAt(3))
  restore('a', { n: 2, due: 9 })
  restore('gone', null)
  restore('b', { n: 1, due: 6 })
  await state.restored(placeAt(6))
  expect(state.size).toBe(2)
  await state.close()
  state = await opened(path)
  expect(state.size).toBe(2)
  expect(state.bytes).toBeGreaterThan(20)
  await state.loadTimers()
  expect([...state.due(8)]).toEqual(['b'])
  expect(state.find('a')).toEqual({ n: 2, due: 9 })
  expect(state.find('gone')).toBeUndefined()
  await state.close()
})

test('a timer that was found not to hold, and is set again to the same time before the commit, is there after a restart', async () => {
  const path = temporaryDirectory()
  let state = await opened(path)
  state.set('a', { n: 1, due: 5 })
  await commit(state, 1)
  await state.loadTimers()
  state.set('a', { n: 2, due: null })
  expect([...state.due(8)]).toEqual([])
  state.set('a', { n: 3, due: 5 })
  await commit(state, 2)
  await state.close()
  state = await opened(path)
  await state.loadTimers()
  expect([...state.due(8)]).toEqual(['a'])
  await state.close()
})

test('no value in the store is empty: classic-level would never free its copy', async () => {
  const path = temporaryDirectory()
  const state = await opened(path)
  for (const name of ['a', 'b']) state.set(name, { n: 1, due: 5 })
  await commit(state, 1)
  await state.close()
  const level = new ClassicLevel(path)
  const entries = await level.iterator().all()
  await level.close()
  expect(entries).toHaveLength(5)
  expect(entries.filter(([, value]) => value === '')).toEqual([])
})

test('a directory is open in one place only', async () => {
  const path = temporaryDirectory()
  const first = await DiskStore.open(path)
  await expect(DiskStore.open(path)).rejects.toSatisfy(isLocked)
  await expect(DiskStore.destroy(path)).rejects.toSatisfy(isLocked)
  await first.close()
})

test('a value that is another one than was written is not believed', async () => {
  const path = temporaryDirectory()
  const state = await opened(path)
  state.set('user-1', { n: 123_456, due: null })
  await commit(state, 1)
  await state.close()
  const log = readdirSync(path).find((name) => name.endsWith('.log'))!
  // reopened, LevelDB writes what its log says into a table; there the value is changed
  await (await DiskStore.open(path)).close()
  const tables = readdirSync(path).filter((name) => name.endsWith('.ldb'))
  expect(tables.length, log).toBeGreaterThan(0)
  for (const name of tables) {
    const bytes = readFileSync(join(path, name))
    const at = bytes.indexOf('123456')
    if (at >= 0) bytes.write('923456', at)
    writeFileSync(join(path, name), bytes)
  }
  const again = await opened(path)
  expect(() => again.find('user-1')).toThrow(expect.objectContaining({ name: 'StateFault', kind: 'damaged' }) as Error)
  await again.close()
})

test('of a torn write nothing is left, and what was there before is', async () => {
  const path = temporaryDirectory()
  const state = await opened(path)
  state.set('a', { n: 1, due: null })
  await commit(state, 1)
  state.set('a', { n: 2, due: null })
  state.set('b', { n: 2, due: null })
  await commit(state, 2)
  await state.close()
  const log = join(
    path,
    readdirSync(path).find((name) => name.endsWith('.log'))!,
  )
  truncateSync(log, readFileSync(log).length - 7)
  const again = await opened(path)
  expect(again.stored).toMatchObject(placeAt(1))
  expect([again.find('a'), again.find('b')]).toEqual([{ n: 1, due: null }, undefined])
  await again.close()
})

test('a store without one of its files is not opened', async () => {
  const path = temporaryDirectory()
  const state = await opened(path)
  state.set('a', { n: 1, due: null })
  await commit(state, 1)
  await state.close()
  await (await DiskStore.open(path)).close()
  for (const name of readdirSync(path)) if (name.endsWith('.ldb')) truncateSync(join(path, name), 3)
  await expect(opened(path)).rejects.toMatchObject({ name: 'StateFault', kind: 'damaged' })
})
