import { expect, test } from 'vitest'
import { PayflowError } from '../../../../src/errors.ts'
import { supports, wireMode } from '../../../../src/kafka/wire/compatible.ts'

const range = (minVersion: number, maxVersion: number) => ({ minVersion, maxVersion })

test('PAYFLOW_WIRE chooses who encodes records', () => {
  expect(wireMode({})).toBe('payflow')
  expect(wireMode({ PAYFLOW_WIRE: '' })).toBe('payflow')
  expect(wireMode({ PAYFLOW_WIRE: 'payflow' })).toBe('payflow')
  expect(wireMode({ PAYFLOW_WIRE: 'kafkajs' })).toBe('kafkajs')
})

test('anything else is a usage error that names what is allowed', () => {
  expect(() => wireMode({ PAYFLOW_WIRE: 'fast' })).toThrow(PayflowError)
  expect(() => wireMode({ PAYFLOW_WIRE: 'fast' })).toThrow(
    expect.objectContaining({
      kind: 'usage',
      message: 'PAYFLOW_WIRE is "fast"',
      hint: 'set it to payflow or kafkajs, or not at all',
    }),
  )
})

test('with another kafkajs than the one compared with, kafkajs encodes', () => {
  expect(wireMode({}, '2.2.5')).toBe('kafkajs')
})

test('a broker must speak Produce 7 and Fetch 11', () => {
  expect(supports({ 0: range(0, 11), 1: range(0, 17) })).toBe(true)
  expect(supports({ 0: range(7, 7), 1: range(11, 11) })).toBe(true)
  expect(supports({ 0: range(0, 6), 1: range(0, 11) })).toBe(false)
  expect(supports({ 0: range(0, 7), 1: range(12, 17) })).toBe(false)
  expect(supports({ 0: range(0, 7) })).toBe(false)
})
