import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_TIME_MS, MIN_TIME_MS, formatTimestamp, parseDuration, parseTimestamp } from '../../../src/pipeline/time.ts'

const ms = fc.integer({ min: MIN_TIME_MS, max: MAX_TIME_MS })
const two = (n: number) => String(n).padStart(2, '0')

describe('formatTimestamp', () => {
  it('writes what Date writes, in any order of times', () => {
    fc.assert(
      fc.property(ms, (time) => {
        expect(formatTimestamp(time)).toBe(new Date(time).toISOString())
      }),
    )
  })

  it('writes neighbouring times right, across minutes, days and 1970', () => {
    const around = fc.tuple(
      fc.constantFrom(0, 86_400_000, 1_709_251_200_000, -86_400_000),
      fc.integer({ min: -120_000, max: 120_000 }),
    )
    fc.assert(
      fc.property(around, ([day, by]) => {
        expect(formatTimestamp(day + by)).toBe(new Date(day + by).toISOString())
      }),
    )
  })

  it.each([MIN_TIME_MS - 1, MAX_TIME_MS + 1, NaN])('refuses %d', (time) => {
    expect(() => formatTimestamp(time)).toThrow(RangeError)
  })
})

describe('parseTimestamp', () => {
  it('reads back what is written', () => {
    fc.assert(
      fc.property(ms, (time) => {
        expect(parseTimestamp(formatTimestamp(time))).toBe(time)
      }),
    )
  })

  it('reads any day of any year as Date does, and no day that no calendar has', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (year, month, day) => {
          const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
          const date = new Date(`${text}T00:00:00Z`)
          // Date takes 30 February for 1 March
          const real = year >= 1 && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
          expect(parseTimestamp(`${text}T00:00:00Z`)).toBe(real ? date.getTime() : undefined)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('knows every leap year', () => {
    for (let year = 1; year <= 9999; year++) {
      const leap = new Date(Date.UTC(2000, 1, 29)).setUTCFullYear(year)
      const expected = new Date(leap).getUTCMonth() === 1 ? leap : undefined
      expect(parseTimestamp(`${String(year).padStart(4, '0')}-02-29T00:00Z`)).toBe(expected)
    }
  })

  const zone = fc.record({
    sign: fc.constantFrom('+', '-'),
    hours: fc.integer({ min: 0, max: 23 }),
    minutes: fc.integer({ min: 0, max: 59 }),
  })
  it('takes a zone off', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIN_TIME_MS + 86_400_000, max: MAX_TIME_MS - 86_400_000 }),
        zone,
        (time, { sign, hours, minutes }) => {
          const local = new Date(time).toISOString().slice(0, -1)
          const offset = (hours * 60 + minutes) * 60_000 * (sign === '+' ? 1 : -1)
          expect(parseTimestamp(`${local}${sign}${two(hours)}:${two(minutes)}`)).toBe(time - offset)
          expect(parseTimestamp(`${local}${sign}${two(hours)}${two(minutes)}`)).toBe(time - offset)
          if (minutes === 0) expect(parseTimestamp(`${local}${sign}${two(hours)}`)).toBe(time - offset)
        },
      ),
    )
  })

  const noon = Date.UTC(2024, 4, 1, 12)
  it.each([
    ['2024-05-01T12:00:00.000Z', noon],
    ['2024-05-01T12:00:00Z', noon],
    ['2024-05-01T12:00Z', noon],
    ['2024-05-01 12:00:00', noon],
    ['2024-05-01T12:00:00.5Z', noon + 500],
    ['2024-05-01T12:00:00,25Z', noon + 250],
    ['2024-05-01T12:00:00.1239999999999Z', noon + 123],
    ['1969-12-31T23:59:59.9999Z', -1],
    ['2024-05-01T14:30+02:30', noon],
    // ISO 8601 and RFC 3339 in lower case
    ['2024-05-01T12:00:00z', noon],
    ['2024-05-01t12:00:00.5z', noon + 500],
    // str(datetime) in Python
    ['2024-05-01 12:00:00+00:00', noon],
    ['2024-05-01 12:00:00.123456+00:00', noon + 123],
    ['2024-05-01 12:00:00.123456', noon + 123],
    // java.sql.Timestamp, Instant and ZonedDateTime
    ['2024-05-01 12:00:00.0', noon],
    ['2024-05-01T12:00:00.123456789Z', noon + 123],
    ['2024-05-01T14:00+02:00[Europe/Berlin]', noon],
    ['2024-05-01T12:00Z[UTC]', noon],
    // PostgreSQL, BigQuery, Ruby
    ['2024-05-01 14:00:00.25+02', noon + 250],
    ['2024-05-01 12:00:00 UTC', noon],
    ['2024-05-01 14:00:00 +0200', noon],
    ['2024-05-01 12:00:00 Z', noon],
    ['2024-05-01 12:00Z', noon],
    ['2024-05-01T12:00:00 Z', noon],
    ['0000-12-31T23:30-01:00', MIN_TIME_MS + 30 * 60_000],
  ])('reads %s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected)
  })

  it.each([
    '',
    '2024-05-01',
    '2024-05-01T12:00:00',
    '2024-05-01T12:00:00.000',
    '2024-05-01T12',
    '2024-05-01T12Z',
    '2024-05-01T1200Z',
    '2024-05-01T24:00:00Z',
    '2024-05-01T23:60:00Z',
    '2024-05-01T23:59:60Z',
    '2024-05-01T12:00:00.Z',
    '2024-05-01T12:00.5Z',
    '2024-05-01T12:00:00Z ',
    ' 2024-05-01T12:00:00Z',
    '2024-05-01T12:00:00+2',
    '2024-05-01T12:00:00+02:0',
    '2024-05-01T12:00:00+02:60',
    '2024-05-01T12:00:00+24:00',
    '2024-05-01T12:00:00+0200Z',
    '2024-05-01 12:00',
    '2024-05-01 12:00:00 ',
    '2024-05-01 12:00:00  Z',
    '2024-05-01  12:00:00Z',
    '2024-05-01 12:00:00utc',
    '2024-05-01T12:00:00UTCZ',
    '2024-05-01 12:00:00 CET',
    '2024-05-01 12:00:00[UTC]',
    '2024-05-01T12:00:00Z[]',
    '2024-05-01T12:00:00Z[UTC',
    '2024-05-01T12:00:00Z]',
    '2024-05-01T12:00:00Z[UTC]]',
    '2024-05-01x12:00:00Z',
    '2024-05-01 12-00-00',
    '2024/05/01T12:00:00Z',
    '20240501T120000Z',
    '02024-05-01T12:00:00Z',
    '9999-12-31T23:30:00-01:00',
    '0001-01-01T00:30:00+01:00',
    '0000-06-01T00:00:00Z',
    '٢٠٢٤-05-01T12:00:00Z',
    '1714564800000',
    'yesterday',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:TtZzUC+., []'.split('')) }), (text) => {
        const time = parseTimestamp(text)
        if (time !== undefined) expect(Number.isSafeInteger(time)).toBe(true)
      }),
    )
  })
})

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['0s', 0],
    ['10', undefined],
    ['m', undefined],
    ['1.5h', undefined],
    ['-1s', undefined],
    ['1w', undefined],
    ['10 m', undefined],
    ['99999999999999999d', undefined],
  ])('reads %j as %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })
})
