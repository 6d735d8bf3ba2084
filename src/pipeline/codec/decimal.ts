/** Decimals of up to 15 digits: each of them is another double, so that what a JSON number said is known exactly. */
export const MAX_UNITS = 999_999_999_999_999

const DECIMAL = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<decimals>\d+))?$/

/**
 * The whole units of 10^-places that a text writes: `parseDecimal('12.5', 3)` is 12500. Undefined for anything but digits, a sign and a point, for
 * more decimals than that, and beyond 15 digits.
 */
export function parseDecimal(text: string, places: number): number | undefined {
  const { sign, whole, decimals = '' } = DECIMAL.exec(text)?.groups ?? {}
  if (whole === undefined) return undefined
  const kept = decimals.replace(/0+$/, '')
  if (kept.length > places) return undefined
  const units = Number(whole + kept.padEnd(places, '0'))
  if (units > MAX_UNITS) return undefined
  return sign === '-' && units !== 0 ? -units : units
}

/** Units of 10^-places of a number; undefined as `parseDecimal`. */
export function unitsOf(value: number, places: number): number | undefined {
  return parseDecimal(withoutExponent(String(value)), places)
}

/** JavaScript writes numbers below a millionth as `1.5e-7`. */
function withoutExponent(text: string): string {
  const [, sign = '', first, more = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text) ?? []
  return exponent === undefined ? text : `${sign}0.${'0'.repeat(Number(exponent) - 1)}${first}${more}`
}

/** The shortest JSON number of whole units: `decimalText(12500, 3)` is `12.5`. */
export function decimalText(units: number, places: number): string {
  const text = String(Math.abs(units)).padStart(places + 1, '0')
  const point = text.length - places
  const decimals = text.slice(point).replace(/0+$/, '')
  return `${units < 0 ? '-' : ''}${text.slice(0, point)}${decimals && `.${decimals}`}`
}
