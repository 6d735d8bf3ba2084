import { expect, test } from 'vitest'
import { parseFrom, parseTime, parseTo } from '../../../../src/app/tail/position.ts'

const now = Date.UTC(2026, 6, 1, 12)

test.each([
  ['start', { at: 'start' }],
  ['end', { at: 'end' }],
  ['0', { at: 'offset', offset: 0 }],
  ['123456789012345', { at: 'offset', offset: 123_456_789_012_345 }],
  ['-3', { at: 'newest', count: 3 }],
  ['-0', { at: 'end' }],
  ['@-10m', { at: 'time', ms: now - 600_000 }],
  ['@now', { at: 'time', ms: now }],
  ['@2026-07-01', { at: 'time', ms: Date.UTC(2026, 6, 1) }],
])('--from %s', (text, place) => expect(parseFrom(text, now)).toEqual(place))

test.each([
  '',
  'earliest',
  '-',
  '--3',
  '1.5',
  '+3',
  '@',
  '@yesterday',
  '@-10',
  '@2026-13-01',
  '@2026-07-01T',
  '-1e3',
  '1 2',
])('--from "%s" is refused', (text) => expect(parseFrom(text, now)).toBeUndefined())

test('--to has an end, an offset or a time; a count from the end has no meaning there', () => {
  expect(parseTo('end', now)).toEqual({ at: 'end' })
  expect(parseTo('7', now)).toEqual({ at: 'offset', offset: 7 })
  expect(parseTo('@+5s', now)).toEqual({ at: 'time', ms: now + 5_000 })
  expect(parseTo('-7', now)).toBeUndefined()
  expect(parseTo('start', now)).toBeUndefined()
})

test.each([
  ['2026-07-01T10:00', Date.UTC(2026, 6, 1, 10)],
  ['2026-07-01 10:00:30', Date.UTC(2026, 6, 1, 10, 0, 30)],
  ['2026-07-01T10:00:00.250', Date.UTC(2026, 6, 1, 10, 0, 0, 250)],
  ['2026-07-01T10:00+02:00', Date.UTC(2026, 6, 1, 8)],
  ['2026-07-01T10:00:00Z', Date.UTC(2026, 6, 1, 10)],
  ['1782900000', 1_782_900_000_000],
  ['1782900000123', 1_782_900_000_123],
  ['-1d', now - 86_400_000],
  ['-500ms', now - 500],
])('a time may be written as %s', (text, ms) => expect(parseTime(text, now)).toBe(ms))
