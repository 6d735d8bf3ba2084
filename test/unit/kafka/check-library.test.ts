import { expect, test } from 'vitest'
import { checkLibrary } from '../../../src/kafka/check-library.ts'

test('another kafkajs than the one compared with, or the slow way by choice, is a finding', () => {
  expect(checkLibrary({}, '2.2.4').findings).toEqual([])
  expect(checkLibrary({}, '2.3.0').findings).toMatchObject([
    { severity: 'warning', what: 'The fast path is off: kafkajs 2.3.0 is not the version that it was compared with', hint: 'install kafkajs 2.2.4' }, // prettier-ignore
  ])
  expect(checkLibrary({ PAYFLOW_WIRE: 'kafkajs' }, '2.2.4').findings).toMatchObject([{ hint: 'leave PAYFLOW_WIRE unset' }]) // prettier-ignore
  expect(checkLibrary({ PAYFLOW_WIRE: 'x' }).findings).toMatchObject([{ severity: 'error', what: 'PAYFLOW_WIRE is "x"' }]) // prettier-ignore
})
