import { expect, test } from 'vitest'
import { formatLine } from '../../../../src/app/log/line.ts'

const entry = {
  timeMs: Date.parse('2026-11-26T02:50:57.123Z'),
  level: 'warn',
  event: 'aborted',
  fields: { worker: 'large-orders', partition: 0, epoch: 2, ms: 12.5, error: 'not now', code: undefined },
} as const

test('a line of text has time, level and event, then the fields that have a value', () => {
  expect(formatLine('text', entry)).toBe(
    '2026-11-26T02:50:57.123Z warn aborted worker=large-orders partition=0 epoch=2 ms=12.5 error="not now"',
  )
})

test('a line of JSON has the same names', () => {
  expect(JSON.parse(formatLine('json', entry))).toEqual({
    time: '2026-11-26T02:50:57.123Z',
    level: 'warn',
    event: 'aborted',
    worker: 'large-orders',
    partition: 0,
    epoch: 2,
    ms: 12.5,
    error: 'not now',
  })
})

test.each(['text', 'json'] as const)(
  '%s: whatever a field holds, it is one line without control characters',
  (format) => {
    const line = formatLine(format, { ...entry, fields: { error: 'two\nlines \u001B[31mred\u001B[0m \r\t\u0007' } })
    expect(line).not.toMatch(/[\u0000-\u001F]/)
  },
)

test('no field takes the place of the time, the level or the name', () => {
  const fields = { time: 'never', level: 'x', event: 'y' }
  expect(JSON.parse(formatLine('json', { ...entry, fields }))).toEqual({
    time: '2026-11-26T02:50:57.123Z',
    level: 'warn',
    event: 'aborted',
  })
})
