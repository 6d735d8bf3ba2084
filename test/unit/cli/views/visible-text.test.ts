import fc from 'fast-check'
import { expect, test } from 'vitest'
import { visible } from '../../../../src/cli/views/visible-text.ts'

test('no control character of foreign text reaches a terminal, and no width changes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = visible(text)
      expect(shown).toHaveLength(text.length)
      expect(/\p{Cc}/u.test(shown)).toBe(false)
    }),
  )
})

test('what is no control character stays as it is', () => {
  expect(visible('Zoë € 😀\u001B[31m\n\u007F\u009B')).toBe('Zoë € 😀␛[31m␊␡\ufffd')
})
