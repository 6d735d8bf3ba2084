import { scanned, type Scan } from './plain.ts'

const QUOTE = 34
const PLUS = 43
const COMMA = 44
const DASH = 45
const DOT = 46
const ZERO = 48
const NINE = 57
const BIG_E = 69
const BACKSLASH = 92
const SMALL_E = 101
const opening = (byte: number): boolean => byte === 123 || byte === 91
const closing = (byte: number): boolean => byte === 125 || byte === 93
/** Below it are no bytes of JSON text; what comes after a record's value begins with one. */
const LEAST = 9

/** The position after a text that begins at `at`; -1 when it does not end. */
function endOfText(bytes: Buffer, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === QUOTE) return i + 1
    if (byte === BACKSLASH) i++
    else if (byte < LEAST) return -1
  }
  return -1
}

/** The position after the JSON value at `at`, if there is one: whether it is JSON is left to who reads it. -1 when it does not end. */
function endOfValue(bytes: Buffer, at: number): number {
  let depth = 0
  for (let i = at; i < bytes.length;) {
    const byte = bytes[i]!
    if (byte < LEAST) return -1
    if (byte === QUOTE) {
      i = endOfText(bytes, i)
      if (i < 0 || depth === 0) return i
      continue
    }
    if (opening(byte)) depth++
    else if (closing(byte)) {
      if (depth <= 1) return depth === 0 ? i : i + 1
      depth--
    } else if (byte === COMMA && depth === 0) return i
    i++
  }
  return -1
}

/** A field without a plain form of its own: its value alone is parsed, not the whole record. */
export const scanParsed =
  <Value>(read: (value: unknown) => Value | undefined): Scan<Value> =>
  (bytes, at) => {
    const end = endOfValue(bytes, at)
    if (end <= at) return undefined
    const text = bytes.toString('utf8', at, end)
    // bytes that are no text, or that character itself: who reads the whole record tells them apart
    if (text.includes('\uFFFD')) return undefined
    try {
      const value = read(JSON.parse(text))
      scanned.end = end
      return value
    } catch {
      return undefined
    }
  }

/** An object within an event: read as a record of its own, or else parsed. */
export const scanWithin = <Value>(
  scan: ((bytes: Buffer, from: number, to: number) => Value | undefined) | undefined,
  read: (value: unknown) => Value | undefined,
): Scan<Value> => {
  const parsed = scanParsed(read)
  if (!scan) return parsed
  return (bytes, at) => {
    const end = endOfValue(bytes, at)
    if (end <= at) return undefined
    const value = scan(bytes, at, end)
    if (value === undefined) return parsed(bytes, at)
    scanned.end = end
    return value
  }
}

/** A constant, by its JSON text. */
export const scanConstant =
  <Value>(value: Value, text: Uint8Array): Scan<Value> =>
  (bytes, at) => {
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return undefined
    scanned.end = at + text.length
    return value
  }

const trueBytes = Buffer.from('true')
const falseBytes = Buffer.from('false')
const [scanTrue, scanFalse] = [scanConstant(true, trueBytes), scanConstant(false, falseBytes)]
export const scanBoolean: Scan<boolean> = (bytes, at) => scanTrue(bytes, at) ?? scanFalse(bytes, at)

/** Digits, with a point at most. What it finds, in `digits`: the number without its point, and how many digits are behind it. */
const digits = { value: 0, decimals: 0, negative: false }

/** Up to 15 digits, a sign and a point; false for any other form. Leaves `scanned.end` after them. */
function scanDigits(bytes: Buffer, at: number): boolean {
  digits.negative = bytes[at] === DASH
  const first = digits.negative ? at + 1 : at
  let value = 0
  let i = first
  let byte = bytes[i]!
  for (; byte >= ZERO && byte <= NINE; byte = bytes[++i]!) value = value * 10 + byte - ZERO
  const whole = i - first
  if (whole === 0 || (whole > 1 && bytes[first] === ZERO)) return false
  let decimals = 0
  if (byte === DOT) {
    const from = ++i
    for (byte = bytes[i]!; byte >= ZERO && byte <= NINE; byte = bytes[++i]!) value = value * 10 + byte - ZERO
    decimals = i - from
    if (decimals === 0) return false
  }
  if (whole + decimals > 15 || byte === SMALL_E || byte === BIG_E) return false
  digits.value = value
  digits.decimals = decimals
  scanned.end = i
  return true
}

const powers = Array.from({ length: 16 }, (_, n) => 10 ** n)
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** Any JSON number that is finite; -0 is 0. */
export const scanNumber: Scan<number> = (bytes, at) => {
  // two numbers that a double holds exactly: their quotient is the double nearest to what was written
  if (scanDigits(bytes, at)) {
    const value = digits.value / powers[digits.decimals]!
    return digits.negative && value !== 0 ? -value : value
  }
  let end = at
  for (let byte = bytes[end]!; isOfNumber(byte); byte = bytes[++end]!);
  const text = bytes.toString('latin1', at, end)
  const value = NUMBER.test(text) ? Number(text) : NaN
  if (!Number.isFinite(value)) return undefined
  scanned.end = end
  return value + 0
}

const isOfNumber = (byte: number): boolean =>
  (byte >= ZERO && byte <= NINE) || byte === DOT || byte === DASH || byte === PLUS || byte === SMALL_E || byte === BIG_E

/** Units of 10^-places, of a number with up to 15 digits and no more decimals than that. */
export const scanDecimal =
  (places: number): Scan<number> =>
  (bytes, at) => {
    if (!scanDigits(bytes, at) || digits.decimals > places) return undefined
    const units = digits.value * powers[places - digits.decimals]!
    if (units >= 1e15) return undefined
    return digits.negative && units !== 0 ? -units : units
  }

/** A whole number of any length. */
export const scanBigint: Scan<bigint> = (bytes, at) => {
  const first = bytes[at] === DASH ? at + 1 : at
  let end = first
  for (let byte = bytes[end]!; byte >= ZERO && byte <= NINE; byte = bytes[++end]!);
  const byte = bytes[end]
  if (end === first || (end - first > 1 && bytes[first] === ZERO)) return undefined
  if (byte === DOT || byte === SMALL_E || byte === BIG_E) return undefined
  scanned.end = end
  return BigInt(bytes.toString('latin1', at, end))
}
