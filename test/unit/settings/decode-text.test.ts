import { expect, test } from 'vitest'
import { decodeText } from '../../../src/settings/decode-text.ts'

const TEXT = '{ "home": "/tmp/é日" }\r\n'
const swapped = (): Buffer => Buffer.from(TEXT, 'utf16le').swap16()

test.each([
  ['UTF-8', Buffer.from(TEXT)],
  ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${TEXT}`)],
  ['UTF-16, little end first', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(TEXT, 'utf16le')])],
  ['UTF-16, big end first', Buffer.concat([Buffer.from([0xfe, 0xff]), swapped()])],
])('%s is read', (_, bytes) => {
  expect(decodeText(bytes)).toBe(TEXT)
})

test('bytes that are not text are refused', () => {
  expect(() => decodeText(Buffer.from([0x7b, 0xe9, 0x7d]))).toThrow(TypeError)
})
