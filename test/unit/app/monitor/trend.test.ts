import { describe, expect, test } from 'vitest'
import { trendOf } from '../../../../src/app/monitor/trend.ts'

const points = (...lags: number[]) => lags.map((lag, i) => ({ atMs: i * 1_000, lag }))

describe('the trend of a lag', () => {
  test('is draining with the time that is left at this pace', () => {
    expect(trendOf(points(5_000, 4_000, 3_000, 2_000))).toEqual({ trend: 'draining', secondsToEmpty: 2 })
  })

  test('is growing, and then nobody knows when it ends', () => {
    expect(trendOf(points(0, 100, 200, 300))).toEqual({ trend: 'growing', secondsToEmpty: null })
  })

  test('is steady while it only wavers', () => {
    expect(trendOf(points(10_000, 10_100, 9_950, 10_050)).trend).toBe('steady')
    expect(trendOf(points(0, 12, 3, 9)).trend).toBe('steady')
  })

  test('is steady when next to nothing is left, whatever was before', () => {
    expect(trendOf(points(5_000, 2_500, 12))).toEqual({ trend: 'steady', secondsToEmpty: null })
  })

  test('is steady before there are three points', () => {
    expect(trendOf([]).trend).toBe('steady')
    expect(trendOf(points(0, 9_999)).trend).toBe('steady')
  })
})
