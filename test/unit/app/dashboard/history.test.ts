import { describe, expect, test } from 'vitest'
import { History } from '../../../../src/app/dashboard/history.ts'

const SECOND = 1_000

describe('the history', () => {
  test('keeps an hour, and its size does not grow with time', () => {
    const history = new History()
    for (let second = 0; second < 3 * 3_600; second++) {
      history.add({ atMs: second * SECOND, values: { rate: 1 } })
      history.mark({ kind: 'fault', atMs: second * SECOND, text: 'x' })
    }
    const { points, marks } = history
    expect(points.at(-1)!.atMs - points[0]!.atMs).toBeGreaterThan(59 * 60 * SECOND)
    expect(points.length).toBeLessThan(700)
    expect(marks.length).toBeLessThanOrEqual(500)
  })

  test('a peak is still seen when it is long ago', () => {
    const history = new History()
    for (let second = 0; second < 600; second++)
      history.add({ atMs: second * SECOND, values: { lag: second === 33 ? 900 : second === 34 ? null : 1 } })
    expect(history.points.map(({ values }) => values['lag'])).toContain(900)
  })
})
