import { expect, test } from 'vitest'
import { Pacer } from '../../../../src/runtime/producers/pacer.ts'

test('the first event is due at once, the others at even intervals', () => {
  const pacer = new Pacer(50, 1_000)
  expect(pacer.due(1_000)).toBe(1)
  expect(pacer.due(1_019)).toBe(1)
  expect(pacer.due(1_020)).toBe(2)
  expect(pacer.due(2_000)).toBe(51)
  expect(pacer.waitMs(51, 2_000)).toBe(20)
})

test('what is overdue is due now', () => {
  const pacer = new Pacer(10, 0)
  expect(pacer.waitMs(3, 10_000)).toBe(0)
  expect(pacer.due(10_000)).toBe(101)
})

test('at top rate everything is due', () => {
  const pacer = new Pacer('max', 0)
  expect(pacer.due(0)).toBe(Infinity)
  expect(pacer.waitMs(1_000_000, 0)).toBe(0)
})
