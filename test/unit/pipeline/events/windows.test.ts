import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_TIME_MS, MIN_TIME_MS } from '../../../../src/pipeline/time.ts'
import { STEPS, bucketOf, countIn, sumOf, type WindowCounts } from '../../../../src/pipeline/events/windows.ts'

const floorDivide = (a: bigint, b: bigint) => (a - (((a % b) + b) % b)) / b

describe('bucketOf', () => {
  it('is floor(t / (W/60)), exactly, before 1970 too', () => {
    const windowMs = fc.oneof(
      fc.integer({ min: 60, max: 86_400_000 }),
      fc.integer({ min: 60, max: 36_525 * 86_400_000 }),
    )
    fc.assert(
      fc.property(fc.integer({ min: MIN_TIME_MS, max: MAX_TIME_MS }), windowMs, (time, window) => {
        expect(bucketOf(time, window)).toBe(Number(floorDivide(BigInt(time) * 60n, BigInt(window))))
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    [0, 600_000, 0],
    [9_999, 600_000, 0],
    [10_000, 600_000, 1],
    [-1, 600_000, -1],
    [-10_000, 600_000, -1],
    [-10_001, 600_000, -2],
    [17, 1000, 1],
    [16, 1000, 0],
    [MAX_TIME_MS, Infinity, 0],
  ])('puts %d ms in a window of %d ms into bucket %d', (time, window, bucket) => {
    expect(bucketOf(time, window)).toBe(bucket)
  })
})

describe('countIn', () => {
  it('counts what a list of all events counts', () => {
    const bucket = fc.oneof(fc.integer({ min: -70, max: 70 }), fc.integer({ min: -1000, max: 1000 }))
    fc.assert(
      fc.property(fc.array(bucket, { maxLength: 200 }), (buckets) => {
        const counted: number[] = []
        let window: WindowCounts | undefined
        for (const b of buckets) {
          const newest = Math.max(b, ...counted)
          const late = b <= newest - STEPS
          if (!late) counted.push(b)
          const next = countIn(window, b)
          expect(next === undefined).toBe(late)
          window = next ?? window
          expect(window!.bucket).toBe(newest)
          expect(sumOf(window!)).toBe(counted.filter((other) => other >= newest - 59).length)
          expect(window!.counts.length).toBeLessThanOrEqual(STEPS)
          expect(window!.counts.at(-1)).toBeGreaterThan(0)
        }
      }),
    )
  })

  it('changes no window', () => {
    const window = Object.freeze({ bucket: 5, counts: Object.freeze([1, 0, 2]) })
    expect(countIn(window, 5)).toEqual({ bucket: 5, counts: [2, 0, 2] })
    expect(countIn(window, 1)).toEqual({ bucket: 5, counts: [1, 0, 2, 0, 1] })
    expect(countIn(window, 7)).toEqual({ bucket: 7, counts: [1, 0, 1, 0, 2] })
    expect(countIn(window, 64)).toEqual({ bucket: 64, counts: [1, ...Array<number>(58).fill(0), 1] })
    expect(countIn(window, 65)).toEqual({ bucket: 65, counts: [1] })
    expect(countIn(window, -54)).toEqual({ bucket: 5, counts: [1, 0, 2, ...Array<number>(56).fill(0), 1] })
    expect(countIn(window, -55)).toBeUndefined()
  })
})
