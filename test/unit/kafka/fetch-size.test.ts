import { expect, test } from 'vitest'
import { FetchSize } from '../../../src/kafka/fetch-size.ts'

const timeout = Object.assign(new Error('Request Fetch timed out'), { name: 'KafkaJSRequestTimeoutError' })
const most = new FetchSize().bytes

test('an answer that does not come in time makes the next one ask for an eighth, down to 64 KiB, before a worker counts as stalled', () => {
  const size = new FetchSize()
  size.failed(timeout, 4 << 20)
  expect(size.bytes).toBe(512 << 10)
  // three timeouts of 8 s are less than the 30 s after which a worker counts as stalled
  const first = new FetchSize()
  for (let i = 0; i < 3; i++) first.failed(timeout, first.bytes)
  expect(first.bytes).toBe(64 << 10)
  size.failed(timeout, size.bytes)
  expect(size.bytes).toBe(64 << 10)
})

test('other errors change nothing', () => {
  const size = new FetchSize()
  size.failed(new Error('Connection error'), 4 << 20)
  expect(size.bytes).toBe(most)
})

test('it grows again, doubling after every sixteen answers in time', () => {
  const size = new FetchSize()
  size.failed(timeout, most)
  for (let i = 0; i < 15; i++) size.answered()
  expect(size.bytes).toBe(most / 8)
  size.answered()
  expect(size.bytes).toBe(most / 4)
  for (let i = 0; i < 32; i++) size.answered()
  expect(size.bytes).toBe(most)
})
