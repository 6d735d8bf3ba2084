const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what four digits of a year can say. */
export const MIN_TIME_MS = -62_135_596_800_000
export const MAX_TIME_MS = 253_402_300_799_999

const SPACE = 32
const DASH = 45
const DOT = 46
const COLON = 58
const COMMA = 44
const LETTER_T = 84
const CLOSING = 93
const SMALL_T = 116
/** More than any part of a time may be. A NaN would say the same, but make slow doubles of small integers. */
const NO_NUMBER = 1_000_000

/** The number that two digits write at a position, or NO_NUMBER. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_NUMBER
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const daysOfMonth = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** In a year that is not a leap year. */
const daysBeforeMonth = daysOfMonth.map((_, month) => daysOfMonth.slice(0, month).reduce((sum, days) => sum + days, 0))
/** Days before 1970 from the start of year -399: 400 years keep every number below positive, and repeat the calendar. */
const DAYS_BEFORE_1970 = 719_162 + 146_097

/** Days from 1970-01-01. */
function daysSince1970(year: number, month: number, day: number): number {
  const past = year + 399
  const leapDays = (past >> 2) - ((past / 100) | 0) + ((past / 400) | 0) + (month > 2 && isLeap(year) ? 1 : 0)
  return past * 365 + leapDays + daysBeforeMonth[month]! + day - 1 - DAYS_BEFORE_1970
}

/** ms from 1970 to the start of a day; NaN unless it is a real date. */
export function dayMs(year: number, month: number, day: number): number {
  if (!(year >= 0 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return NaN
  if (day > daysOfMonth[month]! && !(day === 29 && month === 2 && isLeap(year))) return NaN
  return daysSince1970(year, month, day) * DAY_MS
}

/** ms of `YYYY-MM-DD` at the start of a text; NaN unless it is a real date. */
function dateMs(text: string): number {
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return NaN
  return dayMs(twoDigits(text, 0) * 100 + twoDigits(text, 2), twoDigits(text, 5), twoDigits(text, 8))
}

/** ms of `HH:MM` at a position; NaN unless the clock can show it. */
function clockMs(text: string, at: number): number {
  const hours = twoDigits(text, at)
  const minutes = twoDigits(text, at + 3)
  return text.charCodeAt(at + 2) === COLON && hours <= 23 && minutes <= 59 ? hours * HOUR_MS + minutes * MINUTE_MS : NaN
}

/** ms of `SS` at a position; NaN unless 00..59. */
function secondsMs(text: string, at: number): number {
  const seconds = twoDigits(text, at)
  return seconds <= 59 ? seconds * SECOND_MS : NaN
}

/** What may follow an offset: the region that Java prints after it, as `[Europe/Berlin]`. */
const REGION = /^\[[A-Za-z0-9_+/-]+\]$/

const isUtc = (text: string, at: number, length: number): boolean =>
  length === 1 ? text[at] === 'Z' || text[at] === 'z' : length === 3 && text.startsWith('UTC', at)

/** ms that a zone from a position to the end stands before UTC: `Z`, `UTC`, `±HH`, `±HHMM`, `±HH:MM`, perhaps after a blank and before a region; NaN for anything else. */
function zoneMs(text: string, start: number): number {
  const at = text.charCodeAt(start) === SPACE ? start + 1 : start
  const region = text.charCodeAt(text.length - 1) === CLOSING ? text.indexOf('[', at) : text.length
  if (region < text.length && !REGION.test(text.slice(region))) return NaN
  const sign = text[at]
  const length = region - at
  if (sign !== '+' && sign !== '-') return isUtc(text, at, length) ? 0 : NaN
  const hours = twoDigits(text, at + 1)
  const colon = length === 6 && text.charCodeAt(at + 3) === COLON
  if (hours > 23 || !(length === 3 || length === 5 || colon)) return NaN
  const minutes = length === 3 ? 0 : twoDigits(text, at + (colon ? 4 : 3))
  const offset = minutes <= 59 ? hours * HOUR_MS + minutes * MINUTE_MS : NaN
  return sign === '+' ? offset : -offset
}

/**
 * ms of `HH:MM[:SS[.fraction]]` and a zone, from a position to the end; NaN when it is something else. Digits after the third of a fraction
 * are dropped. `bare`: with seconds, the zone may be left out, and is UTC then.
 */
function clockAndZoneMs(text: string, at: number, bare: boolean): number {
  let ms = clockMs(text, at)
  let mayEnd = false
  at += 5
  if (text.charCodeAt(at) === COLON) {
    ms += secondsMs(text, at + 1)
    mayEnd = bare
    at += 3
    const point = text.charCodeAt(at)
    if (point === DOT || point === COMMA) {
      const first = ++at
      let worth = 100
      for (let digit = text.charCodeAt(at) - 48; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - 48) {
        ms += digit * worth
        worth = worth > 1 ? worth / 10 : 0
      }
      if (at === first) return NaN
    }
  }
  return mayEnd && at === text.length ? ms : ms - zoneMs(text, at)
}

/**
 * ms since 1970 of an ISO-8601 time with a zone (extended form, seconds and fraction optional), in all the spellings in which languages and
 * databases print it: a blank instead of `T`, lower-case letters, a blank before the zone, `UTC`, a region in brackets. `YYYY-MM-DD HH:MM:SS`
 * with a blank may have no zone, and is read as UTC then.
 * Undefined for anything else: a `T` without a zone, a date that no calendar has, a year outside 0001..9999.
 */
export function parseTimestamp(text: string): number | undefined {
  const separator = text.charCodeAt(10)
  const blank = separator === SPACE
  if (!blank && separator !== LETTER_T && separator !== SMALL_T) return undefined
  const ms = dateMs(text) + clockAndZoneMs(text, 11, blank)
  return ms >= MIN_TIME_MS && ms <= MAX_TIME_MS ? ms : undefined
}

const padded = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const fractionTexts = Array.from({ length: 1000 }, (_, n) => `.${String(n).padStart(3, '0')}Z`)

// Events come in the order of their times, so the day and the minute of the last one are nearly always right again.
let lastDay = NaN
let dayText = ''
let lastMinute = NaN
let minuteText = ''

function textOfMinute(minute: number): string {
  const day = Math.floor(minute / 1440)
  if (day !== lastDay) {
    dayText = new Date(day * DAY_MS).toISOString().slice(0, 11)
    lastDay = day
  }
  const ofDay = minute - day * 1440
  const hour = Math.floor(ofDay / 60)
  return `${dayText}${padded[hour]!}:${padded[ofDay - hour * 60]!}:`
}

/** `YYYY-MM-DDTHH:MM:SS.mmmZ`. Throws a RangeError for a time outside the years 0001..9999. */
export function formatTimestamp(ms: number): string {
  const minute = Math.floor(ms / MINUTE_MS)
  if (minute !== lastMinute) {
    if (!(ms >= MIN_TIME_MS && ms <= MAX_TIME_MS)) throw new RangeError(`No year from 0001 to 9999 has the time ${ms}`)
    minuteText = textOfMinute(minute)
    lastMinute = minute
  }
  const ofMinute = ms - minute * MINUTE_MS
  const second = Math.floor(ofMinute / SECOND_MS)
  return `${minuteText}${padded[second]!}${fractionTexts[(ofMinute - second * SECOND_MS) | 0]!}`
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }

/** ms of `500ms`, `30s`, `10m`, `1h` or `1d`. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  if (count === undefined || unit === undefined) return undefined
  const ms = Number(count) * unitMs[unit]!
  return Number.isSafeInteger(ms) ? ms : undefined
}
