import { expect, test } from 'vitest'
import { CurrentPlace } from '../../../../src/runtime/transaction/current-place.ts'

const first = { memberId: 'm', generation: 1 }
const second = { memberId: 'm', generation: 2 }
const never = new AbortController().signal

test('a place is waited for until the group gives one', async () => {
  const current = new CurrentPlace()
  const waiting = current.next(never)
  current.take(first)
  expect(await waiting).toBe(first)
  expect(await current.next(never)).toBe(first)
})

test('one that was refused is not given again, and the next one is', async () => {
  const current = new CurrentPlace()
  current.take(first)
  current.refused(first)
  expect(current.now).toBeUndefined()
  const waiting = current.next(never)
  current.take(second)
  expect(await waiting).toBe(second)
})

test('a refusal that comes after the next place concerns nobody', () => {
  const current = new CurrentPlace()
  current.take(first)
  current.take(second)
  current.refused(first)
  expect(current.now).toBe(second)
})

test('what the coordinator has confirmed counts again', async () => {
  const current = new CurrentPlace()
  current.take(first)
  current.refused(first)
  const waiting = current.next(never)
  current.confirmed()
  expect(await waiting).toBe(first)
})

test('who waits gives up when the group is left, or the time is over; what there is can still be used', async () => {
  const current = new CurrentPlace()
  const waiting = current.next(never)
  current.leave()
  expect(await waiting).toBeUndefined()
  const ended = new AbortController()
  current.take(first)
  current.refused(first)
  const timed = current.next(ended.signal)
  ended.abort()
  expect(await timed).toBeUndefined()
  current.take(second)
  current.leave()
  expect(await current.next(never)).toBe(second)
})
