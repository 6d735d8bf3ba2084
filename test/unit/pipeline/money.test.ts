import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_CENTS,
  addCents,
  centsOf,
  moneyText,
  multiplyCents,
  parseMoney,
  type Cents,
} from '../../../src/pipeline/money.ts'

const anyCents = fc.maxSafeNat() as fc.Arbitrary<Cents>
/** Amounts up to 2^46: a double holds one number for each cent. */
const cents = fc.nat({ max: 100 * 2 ** 46 - 1 }) as fc.Arbitrary<Cents>

describe('centsOf', () => {
  it('gives back the cents of every amount with two decimals', () => {
    fc.assert(
      fc.property(cents, (amount) => {
        expect(centsOf(amount / 100)).toBe(amount)
      }),
    )
  })

  it.each([
    [0, 0],
    [-0, 0],
    [0.1 + 0.2, undefined],
    [10, 1000],
    [10.5, 1050],
    [0.07, 7],
    [1.005, undefined],
    [10.555, undefined],
    [-0.01, undefined],
    [90071992547409.91, Number.MAX_SAFE_INTEGER],
    [90071992547409.92, undefined],
    [1e300, undefined],
    [NaN, undefined],
    [Infinity, undefined],
  ])('reads %d as %s', (value, expected) => {
    expect(centsOf(value)).toBe(expected)
  })

  it('refuses a third decimal, as long as a double can hold it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 9 }), (whole, third) => {
        expect(centsOf(Number(`${whole}.12${third}`))).toBeUndefined()
      }),
    )
  })
})

describe('moneyText', () => {
  it('is the number that JSON writes', () => {
    fc.assert(
      fc.property(cents, (amount) => {
        expect(moneyText(amount)).toBe(JSON.stringify(amount / 100))
      }),
    )
  })

  it('is exact for every amount, beyond what a double tells apart too', () => {
    fc.assert(
      fc.property(anyCents, (amount) => {
        expect(parseMoney(moneyText(amount))).toBe(amount)
      }),
    )
    expect(moneyText(MAX_CENTS)).toBe('90071992547409.91')
    expect(moneyText((MAX_CENTS - 1) as Cents)).toBe('90071992547409.9')
  })
})

describe('parseMoney', () => {
  it.each([
    ['500', 50000],
    ['500.00', 50000],
    ['500.5', 50050],
    ['0', 0],
    ['007', 700],
    ['90071992547409.91', Number.MAX_SAFE_INTEGER],
    ['90071992547409.92', undefined],
    ['500.', undefined],
    ['.5', undefined],
    ['1.234', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['1,5', undefined],
    [' 5', undefined],
    ['', undefined],
  ])('reads %j as %s', (text, expected) => {
    expect(parseMoney(text)).toBe(expected)
  })
})

describe('sums and products', () => {
  it('are exact, or undefined', () => {
    fc.assert(
      fc.property(anyCents, anyCents, fc.integer({ min: 1, max: 1e9 }), (a, b, times) => {
        const exact = (value: bigint) => (value <= BigInt(MAX_CENTS) ? Number(value) : undefined)
        expect(addCents(a, b)).toBe(exact(BigInt(a) + BigInt(b)))
        expect(multiplyCents(a, times)).toBe(exact(BigInt(a) * BigInt(times)))
      }),
    )
  })
})
