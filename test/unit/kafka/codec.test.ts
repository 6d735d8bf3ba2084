import { expect, test } from 'vitest'
import { PayflowError } from '../../../src/errors.ts'
import { chooseCodec } from '../../../src/kafka/codec.ts'

test('PAYFLOW_WIRE chooses who encodes records', () => {
  expect(chooseCodec({})).toBe('payflow')
  expect(chooseCodec({ PAYFLOW_WIRE: '' })).toBe('payflow')
  expect(chooseCodec({ PAYFLOW_WIRE: 'payflow' })).toBe('payflow')
  expect(chooseCodec({ PAYFLOW_WIRE: 'kafkajs' })).toBe('kafkajs')
})

test('anything else is a usage error that names what is allowed', () => {
  expect(() => chooseCodec({ PAYFLOW_WIRE: 'fast' })).toThrow(PayflowError)
  expect(() => chooseCodec({ PAYFLOW_WIRE: 'fast' })).toThrow(
    expect.objectContaining({
      kind: 'usage',
      message: 'PAYFLOW_WIRE is "fast"',
      hint: 'set it to payflow or kafkajs, or not at all',
    }),
  )
})

test('with another kafkajs than the one compared with, kafkajs encodes', () => {
  expect(chooseCodec({}, '2.2.5')).toBe('kafkajs')
})
