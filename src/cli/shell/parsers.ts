import { InvalidArgumentError } from 'commander'
import { parseListen } from '../../settings/address.ts'
import { parseDuration, parseTimestamp } from '../../pipeline/time.ts'

// Each reads an option's text as commander wants it: a value, or an error that says what is allowed.

const refuse = (allowed: string): never => {
  throw new InvalidArgumentError(`Allowed: ${allowed}.`)
}

const wholeNumber =
  (minimum: number, maximum: number, allowed: string) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    return value >= minimum && value <= maximum ? value : refuse(allowed)
  }

export const count = wholeNumber(1, Number.MAX_SAFE_INTEGER, 'a whole number from 1')
export const lines = wholeNumber(0, 1_000_000, 'a whole number from 0 to 1000000')
export const seed = wholeNumber(0, 2 ** 32 - 1, `a whole number from 0 to ${2 ** 32 - 1}`)

const HIGHEST_RATE = 1_000_000
/** Small numbers come as JavaScript writes them, too: 1e-7. */
const DECIMAL = /^(\d+(\.\d+)?|\.\d+)(e-\d+)?$/

export function rate(text: string): number | 'max' {
  if (text === 'max') return text
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN
  return value > 0 && value <= HIGHEST_RATE ? value : refuse(`a number above 0, up to ${HIGHEST_RATE}, or max`)
}

export function fraction(text: string): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN
  return value <= 1 ? value : refuse('a number from 0 to 1')
}

export function duration(text: string): number {
  const ms = parseDuration(text)
  return ms !== undefined && ms > 0 ? ms : refuse('a duration such as 30s, 10m or 1h')
}

/** Like a duration, but 0 turns it off. */
export function interval(text: string): number {
  return /^0+$/.test(text) ? 0 : (parseDuration(text) ?? refuse('a duration such as 5s or 500ms, or 0 for never'))
}

/** How often to look: brokers are not to be asked all the time. */
export function pollInterval(text: string): number {
  const ms = parseDuration(text)
  return ms !== undefined && ms >= 200 && ms <= 3_600_000 ? ms : refuse('a duration from 200ms to 1h')
}

/** Where to listen. The text itself: it is read again where it is used. */
export const listen = (text: string): string =>
  parseListen(text) === undefined ? refuse('host:port, or a port of this machine alone, such as 127.0.0.1:8808') : text

export function time(text: string): number {
  return parseTimestamp(text) ?? refuse('an ISO-8601 time with a zone, such as 2026-01-01T00:00:00Z')
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30 }

/** A number of bytes: `1048576`, `20MB`, `8MiB`. */
export function bytes(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)((?:[kmg]i?)?)b?(?:\/s)?$/i.exec(text) ?? []
  const value = amount === undefined ? Number.NaN : Math.round(Number(amount) * units[unit.toLowerCase()]!)
  return value >= 1 && Number.isSafeInteger(value) ? value : refuse('a number of bytes, such as 20MB or 512KiB')
}
