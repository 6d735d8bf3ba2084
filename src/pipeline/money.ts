declare const unit: unique symbol

/** A whole number of cents, 0..9007199254740991. Wire money (`10.5`) becomes cents as soon as it is read. */
export type Cents = number & { readonly [unit]: 'cents' }

export const MAX_CENTS = Number.MAX_SAFE_INTEGER as Cents

/**
 * The cents of a wire number, or undefined unless it is at least 0, has at most two decimals and fits.
 * A double holds one number for several cents above 2^46 (70 368 744 177 664.00): the nearest cent is taken there.
 */
export function centsOf(value: number): Cents | undefined {
  const cents = Math.round(value * 100)
  if (cents / 100 === value) return inRange(cents)
  return value > PRECISE ? centsNear(cents, value) : undefined
}

/** Up to here, the product with 100 is less than half a cent from the exact one. */
const PRECISE = 2 ** 44

function centsNear(cents: number, value: number): Cents | undefined {
  const near = [cents - 1, cents + 1].find((other) => other / 100 === value)
  return near === undefined ? undefined : inRange(near)
}

// adding 0 makes 0 of -0
const inRange = (cents: number): Cents | undefined =>
  cents >= 0 && cents <= MAX_CENTS ? ((cents + 0) as Cents) : undefined

/** Shortest decimals by the last two digits: ``, `.01`, …, `.1`, …, `.99`. */
const decimalTexts = Array.from({ length: 100 }, (_, rest) => (rest === 0 ? '' : (rest / 100).toString().slice(1)))

/** The shortest JSON number of an amount: `10`, `10.5`, `10.55`. Exact for every amount. */
export function moneyText(cents: Cents): string {
  const rest = cents % 100
  return `${(cents - rest) / 100}${decimalTexts[rest]!}`
}

/** Money as a person types it: `500`, `500.5`, `500.00`. Read digit by digit, so exact for every amount. */
export function parseMoney(text: string): Cents | undefined {
  const [, whole, decimals = ''] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  const cents = Number(whole + decimals.padEnd(2, '0'))
  return cents <= MAX_CENTS ? (cents as Cents) : undefined
}

/** Undefined when the sum is more than payflow can count exactly, or what is to be added already was. */
export function addCents(left: Cents, right: Cents | undefined): Cents | undefined {
  const sum = left + (right ?? NaN)
  return sum <= MAX_CENTS ? (sum as Cents) : undefined
}

/** Undefined when the product is more than payflow can count exactly. */
export function multiplyCents(cents: Cents, times: number): Cents | undefined {
  const product = cents * times
  return product <= MAX_CENTS ? (product as Cents) : undefined
}

/** Rounded to the nearest cent, half of one up. */
export const divideCents = (cents: Cents, by: number): Cents => Math.round(cents / by) as Cents
