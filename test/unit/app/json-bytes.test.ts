import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesInJson } from '../../../src/app/record-json.ts'

/** What a reader of the JSON makes of it. */
function bytesOf(json: string): Buffer | null {
  const value = JSON.parse(json) as ReturnType<typeof bytesInJson>
  if (value === null) return null
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64')
}

test('bytes come back from JSON as they were, whatever they are', () => {
  const anyText = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text))
  const anyBytes = fc.uint8Array().map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof(anyText, anyBytes), (bytes) => {
      expect(bytesOf(JSON.stringify(bytesInJson(bytes)))).toEqual(bytes)
    }),
  )
})

test('text stays readable, the rest is base64, nothing is null', () => {
  expect(bytesInJson(Buffer.from('{"name":"Zoë"}'))).toBe('{"name":"Zoë"}')
  expect(bytesInJson(Buffer.from([0xff, 0x00]))).toEqual({ base64: '/wA=' })
  expect(bytesInJson(Buffer.alloc(0))).toBe('')
  expect(bytesInJson(null)).toBeNull()
})
