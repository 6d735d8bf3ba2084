import type { Cents } from '../money.ts'
import { MAX_TIME_MS, MIN_TIME_MS, dayMs, parseTimestamp } from '../time.ts'

/**
 * Reads JSON values straight from a record's bytes, in the plain form in which nearly all are written. Undefined means only that a value has
 * another form, or is none: then JSON.parse has the word. What is read leaves `scanned.end` after it.
 */
export const scanned = { end: 0 }

export type Scan<Value> = (bytes: Buffer, at: number) => Value | undefined

const SPACE = 32
const QUOTE = 34
const DASH = 45
const DOT = 46
const COLON = 58
const LETTER_T = 84
const LETTER_Z = 90
const BACKSLASH = 92
/** Up to this many digits a double is exact; with up to this many whole digits of money, so are the cents nearest to what was written. */
const MOST_DIGITS = 15
const MOST_WHOLE_DIGITS = 11
/** More than any part of a time may be. */
const NO_NUMBER = 1_000_000

/** Bytes that the text at a position begins with; -1 when it does not, else the position after them. */
function scanExactly(bytes: Buffer, at: number, expected: Uint8Array): number {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return -1
  return at + expected.length
}

/** The digits of a whole number without a sign and a leading zero. */
function scanDigits(bytes: Buffer, at: number, most: number): number | undefined {
  let digit = bytes[at]! - 48
  if (!(digit >= 0 && digit <= 9)) return undefined
  const isZero = digit === 0
  let value = digit
  let i = at + 1
  for (digit = bytes[i]! - 48; digit >= 0 && digit <= 9; digit = bytes[++i]! - 48) value = value * 10 + digit
  const length = i - at
  if (length > most || (isZero && length > 1)) return undefined
  scanned.end = i
  return value
}

export const scanInteger =
  (min: number): Scan<number> =>
  (bytes, at) => {
    const value = scanDigits(bytes, at, MOST_DIGITS)
    return value !== undefined && value >= min ? value : undefined
  }

export function scanMoney(bytes: Buffer, at: number): Cents | undefined {
  const whole = scanDigits(bytes, at, MOST_WHOLE_DIGITS)
  if (whole === undefined) return undefined
  const point = scanned.end
  if (bytes[point] !== DOT) return (whole * 100) as Cents
  const tenths = bytes[point + 1]! - 48
  if (!(tenths >= 0 && tenths <= 9)) return undefined
  const hundredths = bytes[point + 2]! - 48
  const has = hundredths >= 0 && hundredths <= 9
  scanned.end = point + (has ? 3 : 2)
  return (whole * 100 + tenths * 10 + (has ? hundredths : 0)) as Cents
}

/** ASCII without control characters, quotes and backslashes. */
export function scanText(bytes: Buffer, at: number): string | undefined {
  if (bytes[at] !== QUOTE) return undefined
  let end = at + 1
  for (let byte = bytes[end]!; byte !== QUOTE; byte = bytes[++end]!)
    if (!(byte >= 32 && byte <= 126) || byte === BACKSLASH) return undefined
  scanned.end = end + 1
  return bytes.toString('latin1', at + 1, end)
}

/** The number that two digits write at a position, or NO_NUMBER. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_NUMBER
}

/** `YYYY-MM-DDTHH:MM:SS.mmmZ` and `YYYY-MM-DD HH:MM:SS`, which are nearly all there are; other text is left to `parseTimestamp`. */
export function scanTime(bytes: Buffer, at: number): number | undefined {
  const ms =
    bytes[at + 20] === QUOTE
      ? secondsAt(bytes, at + 1, SPACE)
      : secondsAt(bytes, at + 1, LETTER_T) + millisAt(bytes, at + 20)
  if (bytes[at] === QUOTE && ms >= MIN_TIME_MS && ms <= MAX_TIME_MS) {
    scanned.end = bytes[at + 20] === QUOTE ? at + 21 : at + 26
    return ms
  }
  const text = scanText(bytes, at)
  return text === undefined ? undefined : parseTimestamp(text)
}

/** ms of `YYYY-MM-DD HH:MM:SS` with this separator; NaN for anything else. */
function secondsAt(bytes: Buffer, at: number, separator: number): number {
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH || bytes[at + 10] !== separator) return NaN
  if (bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return NaN
  const [hours, minutes, seconds] = [twoDigits(bytes, at + 11), twoDigits(bytes, at + 14), twoDigits(bytes, at + 17)]
  if (hours > 23 || minutes > 59 || seconds > 59) return NaN
  return dayAt(bytes, at) + ((hours * 60 + minutes) * 60 + seconds) * 1000
}

let [lastYear, lastDay, lastDayMs] = [0, 0, NaN]

/** ms of `YYYY-MM-DD`; NaN for anything else. It is nearly always the day that was asked for last. */
function dayAt(bytes: Buffer, at: number): number {
  const year = fourBytes(bytes, at, at + 2)
  const day = fourBytes(bytes, at + 5, at + 8)
  if (year === lastYear && day === lastDay) return lastDayMs
  ;[lastYear, lastDay] = [year, day]
  lastDayMs = dayMs(
    twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2),
    twoDigits(bytes, at + 5),
    twoDigits(bytes, at + 8),
  )
  return lastDayMs
}

/** Two bytes at each of two positions, as one number. */
const fourBytes = (bytes: Buffer, at: number, next: number): number =>
  (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[next]! << 8) | bytes[next + 1]!

/** ms of `.mmmZ"`; NaN for anything else. */
function millisAt(bytes: Buffer, at: number): number {
  const hundreds = bytes[at + 1]! - 48
  const rest = twoDigits(bytes, at + 2)
  const isMillis = bytes[at] === DOT && hundreds >= 0 && hundreds <= 9 && rest < 100
  return isMillis && bytes[at + 4] === LETTER_Z && bytes[at + 5] === QUOTE ? hundreds * 100 + rest : NaN
}

const nullBytes = Buffer.from('null')

export const scanNullable =
  <Value>(scan: Scan<Value>): Scan<Value | null> =>
  (bytes, at) => {
    const end = scanExactly(bytes, at, nullBytes)
    if (end < 0) return scan(bytes, at)
    scanned.end = end
    return null
  }

export function scanChoice<Choice extends string>(choices: readonly Choice[]): Scan<Choice> {
  const written = choices.map((choice) => [choice, Buffer.from(JSON.stringify(choice))] as const)
  return (bytes, at) => {
    for (const [choice, expected] of written) {
      const end = scanExactly(bytes, at, expected)
      if (end < 0) continue
      scanned.end = end
      return choice
    }
    return undefined
  }
}
