import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visible, visibleJson, visibleLines } from '../../../../src/visible-text.ts'

test('no control character of foreign text reaches a terminal, and no width changes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = visible(text)
      expect(shown).toHaveLength(text.length)
      expect(/[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u.test(shown)).toBe(false)
    }),
  )
})

test('what is not a control character stays as it is', () => {
  expect(visible('Zoë € 😀\u001B[31m\n\u007F\u009B')).toBe('Zoë € 😀␛[31m␊␡\ufffd')
})

test('what turns the direction of text, or takes no room, can be seen', () => {
  expect(visible('total\u202E00.1\u2066 a\u200Bb\u200D\uFEFF\u2028')).toBe(
    'total\ufffd00.1\ufffd a\ufffdb\ufffd\ufffd\ufffd',
  )
  expect(visible('\u{E0041}')).toBe('\ufffd\ufffd')
  expect(visible('שלום e\u0301 ^')).toBe('שלום e\u0301 ^')
})

test('JSON says the same when nothing in it is hidden', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = visibleJson(JSON.stringify({ text }))
      expect(JSON.parse(shown)).toEqual({ text })
      expect(visible(shown)).toBe(shown)
    }),
  )
})

test('of lines that are coloured already only what moves the cursor, or hides, is shown as a picture', () => {
  expect(visibleLines('\u001B[1;31mred\u001B[39m\tgroup \u001B[2J\u001B]0;title\u0007\u202E\nnext')).toBe(
    '\u001B[1;31mred\u001B[39m\tgroup ␛[2J␛]0;title␇\ufffd\nnext',
  )
})
