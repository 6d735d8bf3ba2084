import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimerQueue } from '../../../../src/pipeline/worker/timers.ts'

test('timers come out by time, then by key, and only those that are due', () => {
  const timer = fc.record({ at: fc.nat(50), key: fc.string({ maxLength: 2 }) })
  fc.assert(
    fc.property(fc.array(timer), fc.nat(60), (timers, now) => {
      const queue = new TimerQueue()
      for (const { at, key } of timers) queue.add(at, key)
      const taken = []
      for (let next = queue.takeUntil(now); next; next = queue.takeUntil(now)) taken.push(next)
      const due = timers
        .filter(({ at }) => at <= now)
        .sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      expect(taken).toEqual(due)
      expect(queue.size).toBe(timers.length - due.length)
    }),
  )
})
