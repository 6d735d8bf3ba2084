import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FailureWindow } from '../../../../src/pipeline/audit/failure-window.ts'
import { NOON_MS, failedPayment } from '../../../../src/pipeline/testing/events.ts'
import { isRight, judge, replaced, written } from '../../../support/audited.ts'

const NAME = 'frequent-failed-payments'
const WINDOW_MS = 600_000
const STEP_MS = WINDOW_MS / 60
const failures = (...afterMs: number[]) => afterMs.map((ms) => failedPayment({ timestamp: NOON_MS + ms }))
const right = { missing: 0, unexpected: 0, disordered: 0 }

describe('the edges of the window', () => {
  test.each([
    ['a failure in the last step of the window counts', 59 * STEP_MS, 1],
    ['one in the step before does not', 60 * STEP_MS, 0],
    ['a step ends with its last millisecond', 60 * STEP_MS - 1, 1],
  ])('%s', (_, afterMs, events) => {
    const made = { name: NAME, events: failures(0, 1, 2, afterMs) }
    expect(written(made)).toHaveLength(events)
    expect(judge(made, written(made))).toMatchObject({ expected: events, ...right })
  })

  test('a late failure counts while its step is in the window', () => {
    const inside = { name: NAME, events: failures(59 * STEP_MS, 1, 2, 3) }
    const outside = { name: NAME, events: failures(60 * STEP_MS, 1, 2, 3, 60 * STEP_MS, 60 * STEP_MS, 60 * STEP_MS) }
    expect(judge(inside, written(inside))).toMatchObject({ expected: 1, ...right })
    expect(judge(outside, written(outside))).toMatchObject({ expected: 1, ...right })
  })

  test('exactly as many as the threshold are not too many', () => {
    const made = { name: NAME, events: failures(0, 1, 2), typed: { threshold: '3' } }
    expect(judge(made, written(made))).toMatchObject({ expected: 0, ...right })
    expect(judge({ ...made, typed: { threshold: '2' } }, written(made))).toMatchObject({ missing: 1 })
  })

  test('a window without an end counts for ever', () => {
    const made = { name: NAME, events: failures(0, 1e9, 2e9, 3e9), typed: { window: 'all' } }
    expect(written(made)).toHaveLength(1)
    expect(judge(made, written(made))).toMatchObject({ expected: 1, ...right })
    expect(judge({ ...made, typed: {} }, written(made))).toMatchObject({ expected: 0, unexpected: 1 })
  })

  test('a window counts what a list of all failures counts', () => {
    const times = fc.array(fc.integer({ min: -70 * 10, max: 200 * 10 }), { maxLength: 80 })
    fc.assert(
      fc.property(times, (tenths) => {
        const window = new FailureWindow(60_000)
        const counted: number[] = []
        let greatest = -Infinity
        for (const tenth of tenths) {
          const timeMs = NOON_MS + tenth * 100
          const step = Math.floor(timeMs / 1_000)
          greatest = Math.max(greatest, step)
          const counts = step > greatest - 60
          if (counts) counted.push(step)
          expect(window.add(timeMs)).toBe(counts)
          expect(window.count).toBe(counted.filter((other) => other > greatest - 60).length)
        }
      }),
    )
  })
})

describe('failures of a user in an order that is not known', () => {
  const unordered = new Set(['1'])
  const made = { name: NAME, events: failures(0, 1_000, 2_000, 3_000, 4_000, 5_000) }
  const outputs = written({ name: NAME, events: failures(5_000, 4_000, 0, 3_000, 1_000, 2_000) })

  test('may have been taken in any order', () => {
    expect(isRight(judge(made, outputs))).toBe(false)
    expect(judge(made, outputs, { unordered })).toMatchObject({ ...right, limited: 1, expected: 3, actual: 3 })
  })

  test('still give one event each, whose counts rise by one', () => {
    expect(judge(made, replaced(outputs, 1, {}, {}), { unordered }).unexpected).toBeGreaterThan(0)
    expect(judge(made, replaced(outputs, 1), { unordered }).missing).toBeGreaterThan(0)
    const text = outputs[2]!.text!.replace('"failed_payment_count":6', '"failed_payment_count":7')
    const { differences } = judge(made, replaced(outputs, 2, { text }), { unordered })
    expect(differences).toContainEqual(expect.objectContaining({ offset: 2, found: text, note: 'the window ends with 6 failures in it' })) // prettier-ignore
  })

  test('give no event of a time at which none was', () => {
    const text = outputs[2]!.text!.replace('12:00:05.000', '12:00:05.001')
    const { differences } = judge(made, replaced(outputs, 2, { text }), { unordered })
    expect(differences[0]).toMatchObject({ note: 'no failure of its user has this timestamp' })
  })

  test('are never found wrong when they are right', () => {
    const shuffled = fc.array(fc.integer({ min: 0, max: 1_200_000 }), { minLength: 1, maxLength: 40 }).chain((times) =>
      fc.tuple(fc.constant(times), fc.shuffledSubarray(times, { minLength: times.length })),
    ) // prettier-ignore
    fc.assert(
      fc.property(shuffled, ([times, taken]) => {
        const found = written({ name: NAME, events: failures(...taken) })
        expect(judge({ name: NAME, events: failures(...times) }, found, { unordered })).toMatchObject(right)
      }),
    )
  })
})
