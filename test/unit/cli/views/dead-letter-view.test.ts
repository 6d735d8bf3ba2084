import { describe, expect, test } from 'vitest'
import { hexLines, letterLines, markedLines } from '../../../../src/cli/views/dead-letter-view.ts'

const same = (text: string): string => text
const palette = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

describe('marking a part of a text', () => {
  test('puts carets under it', () => {
    expect(markedLines('{"amount":-1}', { start: 10, end: 12 }, Infinity, same)).toEqual([
      '{"amount":-1}',
      '          ^^',
    ])
  })

  test('follows it over wrapped lines', () => {
    expect(markedLines('abcdefgh', { start: 3, end: 6 }, 4, same)).toEqual(['abcd', '   ^', 'efgh', '^^'])
  })

  test('counts from the start of its own line', () => {
    expect(markedLines('{\n "a": 1\n}', { start: 8, end: 9 }, 80, same)).toEqual(['{', ' "a": 1', '      ^', '}'])
  })

  test('puts them where the part is seen: after wide characters, pictures and accents', () => {
    const mark = (name: string) => {
      const text = `{"name":"${name}","id":-1}`
      const at = text.indexOf('-1')
      const [line, marks] = markedLines(text, { start: at, end: at + 2 }, Infinity, same)
      return { line, indent: marks!.indexOf('^'), marks: marks!.trim() }
    }
    const plain = mark('Ada').indent
    expect(mark('山田花')).toMatchObject({ indent: plain + 3, marks: '^^' })
    expect(mark('A🎉a').indent).toBe(plain + 1)
    expect(mark('Ade\u0301').indent).toBe(plain)
    expect(mark('A\u001ba').indent).toBe(plain)
    const [line, marks] = markedLines('{"id":"山x"}', { start: 6, end: 10 }, Infinity, same)
    expect([line, marks]).toEqual(['{"id":"山x"}', '      ^^^^^'])
  })

  test('breaks lines by columns, never within a character', () => {
    expect(markedLines('山田花子', { start: 2, end: 3 }, 4, same)).toEqual(['山田', '花子', '^^'])
    expect(markedLines('a🎉🎉b', { start: 3, end: 5 }, 3, same)).toEqual(['a🎉', '🎉b', '^^'])
    expect(markedLines('ae\u0301\n', { start: 1, end: 3 }, 2, same)).toEqual(['ae\u0301', ' ^', ''])
    expect(markedLines('\u0301', { start: 0, end: 1 }, 2, same)).toEqual(['\u0301', '^'])
  })

  test('marks the end of a text where something is missing', () => {
    expect(markedLines('{"a":', { start: 5, end: 6 }, 80, same)).toEqual(['{"a":', '     ^'])
  })

  test('shows control characters as pictures, so that none reaches a terminal', () => {
    expect(markedLines('a\u001b[2Jb\u0000', undefined, 80, same)).toEqual(['a␛[2Jb␀'])
  })
})

test('bytes that are not text are dumped, with the first wrong one marked', () => {
  const bytes = Buffer.concat([Buffer.from('{"name":"Zoë Müller'), Buffer.from([0xff, 0xfe, 0x7b])])
  expect(hexLines(bytes, same)).toEqual([
    '00000000  7b 22 6e 61 6d 65 22 3a 22 5a 6f c3 ab 20 4d c3  {"name":"Zo.. M.',
    '00000010  bc 6c 6c 65 72 ff fe 7b                          .ller..{',
    '                         ^^',
  ])
})

test('a dead letter is shown whole: reason, origin, headers, value and mark', () => {
  const lines = letterLines(
    {
      id: '1:9',
      worker: 'large-orders',
      reason: 'amount must be at least 0, not -1',
      refusedAtMs: Date.UTC(2026, 0, 2),
      origin: { topic: 'payments', partition: 2, offset: 40, timestamp: Date.UTC(2026, 0, 1), key: Buffer.from('7'), replays: 1 },
      record: {
        topic: 'dead_letters',
        partition: 1,
        offset: 9,
        timestampMs: Date.UTC(2026, 0, 2),
        key: Buffer.from('7'),
        value: Buffer.from('{"amount":-1}'),
        headers: [{ key: 'payflow.worker', value: Buffer.from('large-orders') }],
      },
    },
    { width: 80, palette },
  ) // prettier-ignore
  expect(lines).toEqual([
    '1:9  large-orders refused it at 2026-01-02T00:00:00.000Z, after 1 replay',
    'amount must be at least 0, not -1',
    '',
    'from   payments/2 offset 40, 2026-01-01T00:00:00.000Z',
    'key    7',
    'headers',
    '  payflow.worker: large-orders',
    'value',
    '{"amount":-1}',
    '          ^^',
  ])
})
