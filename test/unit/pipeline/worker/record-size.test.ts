import { expect, test } from 'vitest'
import { isTooLarge } from '../../../../src/pipeline/worker/record-size.ts'

test('a record is measured in bytes, key and value together, against the limit of its topic', () => {
  expect(isTooLarge('key', 'a'.repeat(1_000), 1_000)).toBe(true)
  expect(isTooLarge('key', 'a'.repeat(900), 1_000)).toBe(false)
  expect(isTooLarge('k'.repeat(500), 'a'.repeat(500), 1_000)).toBe(true)
  expect(isTooLarge(null, '€'.repeat(330), 1_000)).toBe(true)
})
