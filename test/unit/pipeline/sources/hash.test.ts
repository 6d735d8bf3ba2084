import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { between, lanes, shareOf, weighted } from '../../../../src/pipeline/sources/hash.ts'

const seed = fc.maxSafeInteger()
const index = fc.maxSafeNat()

describe('lanes', () => {
  it('give 32 bits that depend on seed, kind, lane and index alone', () => {
    fc.assert(
      fc.property(seed, fc.string(), fc.nat({ max: 20 }), index, index, (of, kind, lane, i, other) => {
        const draw = lanes(of, kind)(lane)
        const bits = draw(i)
        draw(other)
        expect(bits).toBe(lanes(of, kind)(lane)(i))
        expect(bits).toBe(bits >>> 0)
      }),
    )
  })

  it('differ in every argument, beyond 32 bits too', () => {
    const pair = (a: (i: number) => number, b: (i: number) => number) =>
      Array.from({ length: 100 }, (_, i) => a(i) === b(i)).filter(Boolean).length
    const draw = lanes(1, 'a')(0)
    expect(pair(draw, lanes(2, 'a')(0))).toBe(0)
    expect(pair(draw, lanes(1 + 2 ** 32, 'a')(0))).toBe(0)
    expect(pair(draw, lanes(-1, 'a')(0))).toBe(0)
    expect(pair(draw, lanes(1, 'b')(0))).toBe(0)
    expect(pair(draw, lanes(1, 'a')(1))).toBe(0)
    expect(pair(draw, (i) => draw(i + 2 ** 32))).toBe(0)
  })

  it('repeat nothing, and are spread evenly', () => {
    const draw = lanes(42, 'spread')(3)
    const bits = Array.from({ length: 65_536 }, (_, i) => draw(i))
    expect(new Set(bits).size).toBe(bits.length)
    const bins = new Array<number>(256).fill(0)
    for (const value of bits) bins[value >>> 24]!++
    const chiSquare = bins.reduce((sum, bin) => sum + (bin - 256) ** 2 / 256, 0)
    // 255 degrees of freedom: below 167 or above 377 happens once in a million
    expect(chiSquare).toBeGreaterThan(167)
    expect(chiSquare).toBeLessThan(377)
  })
})

describe('choices', () => {
  it('stay within their bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => {
        expect(shareOf(bits)).toBeLessThan(1)
        expect([3, 4, 5]).toContain(between(bits, 3, 5))
      }),
    )
    expect([between(0, 3, 5), between(2 ** 32 - 1, 3, 5)]).toEqual([3, 5])
  })

  it('have their weights', () => {
    const pick = weighted([5, 0, 3, 2])
    const counts = [0, 0, 0, 0]
    for (let slot = 0; slot < 4096; slot++) counts[pick((slot << 20) >>> 0)]!++
    expect(counts).toEqual([2048, 0, 1229, 819])
  })
})
