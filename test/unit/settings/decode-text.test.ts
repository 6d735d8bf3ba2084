import { expect, test } from 'vitest'
import { decodeText } from '../../../src/settings/decode-text.ts'

const text = '{ "home": "/tmp/é日" }\r\n'
const swapped = (): Buffer => Buffer.from(text, 'utf16le').swap16()

test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
  ['UTF-16, little end first', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])],
  ['UTF-16, big end first', Buffer.concat([Buffer.from([0xfe, 0xff]), swapped()])],
])('%s is read', (_, bytes) => {
  expect(decodeText(bytes)).toBe(text)
})

test('bytes that are not text are refused', () => {
  expect(() => decodeText(Buffer.from([0x7b, 0xe9, 0x7d]))).toThrow(TypeError)
})
