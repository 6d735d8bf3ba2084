import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { KeyFilter } from '../../../../src/runtime/state/key-filter.ts'
import { KnownKeys } from '../../../../src/runtime/state/known-keys.ts'
import { eventually } from '../../../support/wait.ts'

type Store = ConstructorParameters<typeof KnownKeys>[0]['store']

const keyOf = (i: number): string => `user-${(i * 2_654_435_761) % 4_294_967_296}`

/** What a store has, as it was when the keys were asked for; a portion of them comes whenever `portion` is called. */
function stored(head: boolean, ...keys: readonly string[]) {
  const there = new Set(keys)
  const asked: string[] = []
  const waiting: (() => void)[] = []
  const store = {
    head: head ? ({} as Store['head']) : undefined,
    get: (key: string) => {
      asked.push(key)
      return there.has(key) ? `text of ${key}` : undefined
    },
    has: (some: readonly string[]) => Promise.resolve(some.map((key) => there.has(key))),
    async *keys() {
      for (const key of [...there]) {
        await new Promise<void>((resolve) => waiting.push(resolve))
        yield [key]
      }
    },
  }
  return { store, there, asked, portion: () => waiting.shift()?.() }
}

function known(store: Store, unstored: Iterable<string> = [], { size = 0, maxBytes = 1 << 20 } = {}) {
  const onFault = vi.fn()
  return { keys: new KnownKeys({ store, size: () => size, unstored: () => unstored, maxBytes: () => maxBytes, onFault }), onFault } // prettier-ignore
}

test('a filter has what was added, and one in a hundred of other keys until it is full', () => {
  const filter = new KeyFilter(50_000, Infinity)
  for (let i = 0; i < 50_000; i++) filter.add(keyOf(i))
  expect(filter.isFull).toBe(false)
  let wrong = 0
  for (let i = 0; i < 50_000; i++) {
    expect(filter.mayHave(keyOf(i))).toBe(true)
    if (filter.mayHave(keyOf(50_000 + i))) wrong++
  }
  expect(wrong).toBeGreaterThan(0)
  expect(wrong / 50_000).toBeLessThan(0.03)
  for (let i = 50_000; i < 60_000; i++) filter.add(keyOf(i))
  expect(filter.isFull).toBe(true)
})

test('a filter of any size has any text that was added', () => {
  const keys = fc.uniqueArray(fc.string({ unit: 'binary' }))
  fc.assert(fc.property(keys, fc.nat(500), fc.nat(500), (added, capacity, maxBytes) => {
    const filter = new KeyFilter(capacity, maxBytes)
    for (const key of added) filter.add(key)
    expect(filter.byteLength).toBeLessThanOrEqual(Math.max(32, maxBytes + 32))
    return added.every((key) => filter.mayHave(key))
  })) // prettier-ignore
})

test('a store that begins empty is asked only for keys that were added', async () => {
  const { store, there, asked } = stored(false)
  const { keys } = known(store)
  expect(keys.get('a')).toBeUndefined()
  keys.add('b')
  there.add('b')
  expect([keys.get('b'), keys.get('c')]).toEqual(['text of b', undefined])
  expect(asked).toEqual(['b'])
  expect(await keys.had(['a', 'b', 'c'])).toEqual([false, true, false])
})

test('of a store with keys a pass finds them, once many reads have found nothing; what comes meanwhile is known too', async () => {
  const { store, there, asked, portion } = stored(true, 'old')
  const { keys } = known(store, ['being written'])
  const read = (): void => void Array.from({ length: 6_000 }, (_, i) => keys.get(`none ${i}`))
  read()
  expect(asked).toHaveLength(6_000)
  keys.add('meanwhile')
  for (const key of ['meanwhile', 'being written']) there.add(key)
  await eventually(() => {
    portion()
    asked.length = 0
    read()
    expect(asked.length).toBeLessThan(600)
  })
  for (const key of ['old', 'meanwhile', 'being written']) expect(keys.get(key)).toBe(`text of ${key}`)
})

test('a filter that is full is followed by a larger one, and no key is forgotten on the way', async () => {
  const { store, asked, portion } = stored(false, 'seen by the pass')
  const unstored: string[] = []
  const { keys } = known(store, unstored, { size: 300_000, maxBytes: 8 << 20 })
  const small = keys.bytes
  for (let i = 0; i < 300_000; i++) {
    keys.add(keyOf(i))
    unstored.push(keyOf(i))
  }
  expect(keys.get('seen by the pass')).toBeUndefined()
  await eventually(() => {
    portion()
    expect(keys.get('seen by the pass')).toBeDefined()
  })
  expect(keys.bytes).toBeGreaterThan(4 * small)
  asked.length = 0
  for (let i = 0; i < 300_000; i++) keys.get(keyOf(i))
  expect(asked).toHaveLength(300_000)
})

test('with too many keys for the memory that there is, the store is asked', () => {
  const { store, asked } = stored(true)
  const { keys } = known(store, [], { size: 1_000_000, maxBytes: 1_000 })
  for (let i = 0; i < 300_000; i++) keys.get('a')
  expect([asked.length, keys.bytes]).toEqual([300_000, 0])
})

test('a pass that fails is told, unless the store was closed or wiped under it', async () => {
  const failing = (): Store => ({ ...stored(true).store, keys: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('damaged')) }) }) as unknown as ReturnType<Store['keys']> }) // prettier-ignore
  const begun = () => {
    const { keys, onFault } = known(failing())
    for (let i = 0; i < 6_000; i++) keys.get(`none ${i}`)
    return { keys, onFault }
  }
  const { onFault } = begun()
  await eventually(() => expect(onFault).toHaveBeenCalledExactlyOnceWith(new Error('damaged')))
  const closed = begun()
  closed.keys.close()
  const wiped = begun()
  wiped.keys.wiped()
  await new Promise(setImmediate)
  expect([closed.onFault, wiped.onFault].map(({ mock }) => mock.calls)).toEqual([[], []])
  expect(wiped.keys.get('none')).toBeUndefined()
})
