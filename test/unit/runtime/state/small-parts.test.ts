import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { TimerQueue } from '../../../../src/pipeline/worker/timers.ts'
import { HotValues } from '../../../../src/runtime/state/hot-values.ts'
import { StateRoom } from '../../../../src/runtime/state/state-room.ts'
import { orderedTime, sealed, timeOf, unsealed } from '../../../../src/runtime/state/stored-text.ts'
import { identityDoubt, placeDoubt } from '../../../../src/runtime/state/trust.ts'

test('times as text are in the order of the times, and come back', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      expect(timeOf(orderedTime(a))).toBe(a === 0 ? 0 : a)
      expect(orderedTime(a) < orderedTime(b)).toBe(a < b)
    }),
  )
})

test('a sealed text is only itself, and only under its key', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), fc.nat(), (key, text, at) => {
      const value = sealed(key, text)
      expect(unsealed(key, value)).toBe(text)
      expect(unsealed(`${key}x`, value)).toBeUndefined()
      const cut = at % value.length
      expect(unsealed(key, value.slice(0, cut))).toBeUndefined()
    }),
  )
})

test('of hot values those that are used stay, and no more than twice the capacity', () => {
  const hot = new HotValues<number>(() => 10)
  hot.set('used', -1)
  for (let i = 0; i < 1_000; i++) {
    hot.set(String(i), i)
    expect(hot.get('used')).toBe(-1)
  }
  expect(Array.from({ length: 1_000 }, (_, i) => hot.get(String(i))).filter((found) => found !== undefined).length).toBeLessThanOrEqual(20) // prettier-ignore
  hot.delete('used')
  expect(hot.get('used')).toBeUndefined()
})

test('a queue that is cut keeps the first, and those of the same time together', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (times, count) => {
      const queue = new TimerQueue()
      for (const [i, at] of times.entries()) queue.add(at, String(i))
      let dropped = Infinity
      queue.keepFirst(count, (at) => (dropped = at))
      const kept = []
      for (let next = queue.takeUntil(Infinity); next; next = queue.takeUntil(Infinity)) kept.push(next.at)
      expect(kept).toEqual(times.filter((at) => at < dropped).sort((a, b) => a - b))
      if (times.length > 2 * count) expect(kept.length).toBeGreaterThanOrEqual(count)
      else expect(dropped).toBe(Infinity)
    }),
  )
})

describe('the room of a process', () => {
  it('sends the largest state to disk when all of them together are too large', () => {
    const room = new StateRoom({ directory: '/x', memoryBytes: 13_000 })
    const [small, large] = [{}, {}]
    expect(room.isTooLarge(small, { size: 10, bytes: 2_000 })).toBe(false)
    expect(room.isTooLarge(large, { size: 20, bytes: 4_000 })).toBe(false)
    expect(room.isTooLarge(small, { size: 20, bytes: 3_000 })).toBe(false)
    expect(room.isTooLarge(large, { size: 20, bytes: 6_000 })).toBe(true)
    room.leave(large)
    expect(room.isTooLarge(small, { size: 20, bytes: 6_000 })).toBe(false)
  })

  it('lets no Map take more keys than it can', () => {
    expect(new StateRoom({ directory: '/x', memoryBytes: Infinity }).isTooLarge({}, { size: 15_000_001, bytes: 1 })).toBe(true) // prettier-ignore
  })
})

describe('a store is gone on from', () => {
  const identity = { layout: 1, clusterId: 'c', topicId: 't', worker: 'w', partition: 0, partitions: 3 }
  const hour = 3_600_000
  const place = { position: 100, progress: undefined, progressOffset: undefined, completeAtMs: 10 * hour, tombstonesMs: hour } // prettier-ignore

  it('only where it is of this state', () => {
    expect(identityDoubt(identity, identity)).toBeUndefined()
    expect(identityDoubt({ ...identity, topicId: 'u' }, identity)).toBe('another-topic')
    expect(identityDoubt({ ...identity, topicId: undefined }, { ...identity, topicId: undefined })).toBe('unknown-topic') // prettier-ignore
    expect(identityDoubt({ ...identity, partition: 1 }, identity)).toBe('another-worker')
    expect(identityDoubt({ ...identity, clusterId: 'd' }, identity)).toBe('another-cluster')
    expect(identityDoubt({ ...identity, layout: 2 }, identity)).toBe('another-layout')
  })

  it('only while the changelog still knows what was deleted since', () => {
    const at = (latest: number, nowMs: number) => ({ latest, nowMs })
    expect(placeDoubt(place, at(200, 10.7 * hour))).toBeUndefined()
    expect(placeDoubt(place, at(200, 10.8 * hour))).toBe('too-old')
    expect(placeDoubt(place, at(200, 9 * hour))).toBe('too-old')
    expect(placeDoubt({ ...place, tombstonesMs: undefined }, at(200, 10 * hour))).toBe('unknown-retention')
    expect(placeDoubt(place, at(99, 10 * hour))).toBe('ahead-of-changelog')
    expect(placeDoubt(place, at(101, 99 * hour))).toBeUndefined()
  })
})
