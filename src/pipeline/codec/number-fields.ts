import { z } from 'zod'
import { MAX_TIME_MS, MIN_TIME_MS } from '../time.ts'
import { MAX_UNITS, decimalText, parseDecimal, unitsOf } from './decimal.ts'
import { mustBe, type Field } from './fields.ts'
import { scanBigint, scanBoolean, scanDecimal, scanNumber, scanParsed } from './scan-value.ts'

export function boolean(): Field<boolean> {
  return {
    read: (value) => (typeof value === 'boolean' ? value : undefined),
    scan: scanBoolean,
    refusal: mustBe('true or false'),
    json: String,
    schema: z.boolean(),
  }
}

/** Any JSON number, as the double nearest to it. For sums that must be exact, take `decimal` or `money`. */
export function number(): Field<number> {
  return {
    // adding 0 makes 0 of -0
    read: (value) => (typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined),
    scan: scanNumber,
    refusal: mustBe('a number'),
    json: String,
    schema: z.number(),
  }
}

/**
 * A number with at most so many decimals (0..15), or the text of one; in memory whole units of 10^-places, so that sums are exact: with
 * `decimal(3)`, 12.5 is 12500. 15 digits in all: that many survive in a JSON number.
 */
export function decimal(places: number): Field<number> {
  if (!Number.isInteger(places) || places < 0 || places > 15) throw new Error(`decimal(${places}): a number has 0 to 15 decimals`) // prettier-ignore
  const read = (value: unknown): number | undefined => {
    if (typeof value === 'number') return unitsOf(value, places)
    return typeof value === 'string' ? parseDecimal(value, places) : undefined
  }
  const scan = scanDecimal(places)
  const parsed = scanParsed(read)
  const most = decimalText(MAX_UNITS, places)
  return {
    read,
    scan: (bytes, at) => scan(bytes, at) ?? parsed(bytes, at),
    refusal: mustBe(`a number with at most ${places} decimals, from -${most} to ${most}`),
    json: (units) => decimalText(units, places),
    schema: z.union([z.number(), z.string()]).refine((value) => read(value) !== undefined),
  }
}

const WHOLE = /^-?(0|[1-9]\d*)$/
/** JSON.parse gives other digits beyond. */
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) || (typeof value === 'string' && WHOLE.test(value)) // prettier-ignore

/** A whole number of any size, or the text of one; a bigint in memory, and written as a number. State holds none: keep its text there. */
export function bigint(): Field<bigint> {
  return {
    read: (value) => (isWhole(value) ? BigInt(value as number | string) : undefined),
    scan: scanBigint,
    refusal: mustBe('a whole number'),
    json: String,
    schema: z.union([z.number(), z.string()]).refine(isWhole),
    wide: true,
  }
}

const inCalendar = (ms: number): number | undefined => (ms >= MIN_TIME_MS && ms <= MAX_TIME_MS ? ms + 0 : undefined)

/** A time in ms since 1970, which it is in memory too. */
export function epochMillis(): Field<number> {
  const read = (value: unknown): number | undefined => (Number.isInteger(value) ? inCalendar(value as number) : undefined) // prettier-ignore
  const scan = scanDecimal(0)
  return {
    read,
    scan: (bytes, at) => read(scan(bytes, at)),
    refusal: mustBe('whole milliseconds since 1970'),
    json: String,
    schema: z.number().refine((value) => read(value) !== undefined),
    isTime: true,
  }
}

/** A time in seconds since 1970, perhaps with decimals; the nearest ms in memory. */
export function epochSeconds(): Field<number> {
  const read = (value: unknown): number | undefined => typeof value === 'number' ? inCalendar(Math.round(value * 1_000)) : undefined // prettier-ignore
  return {
    read,
    scan: (bytes, at) => read(scanNumber(bytes, at)),
    refusal: mustBe('seconds since 1970'),
    json: (ms) => decimalText(ms, 3),
    schema: z.number().refine((value) => read(value) !== undefined),
    isTime: true,
  }
}
