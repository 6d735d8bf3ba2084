import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frequentFailedPaymentsWorker as worker } from '../../../../src/pipeline/workers/frequent-failed-payments.ts'
import { NOON_MS, failedPayment } from '../../../../src/pipeline/testing/events.ts'
import { Fold } from '../../../../src/pipeline/testing/fold.ts'
import { given } from '../../../../src/pipeline/testing/given.ts'

const WINDOW_MS = 600_000
const STEP_MS = WINDOW_MS / 60
const failureAt = (ms: number, user_id = 1) => failedPayment({ user_id, timestamp: NOON_MS + ms })
const frequent = (count: number, lastMs: number, user_id = 1) => ({
  user_id,
  failed_payment_count: count,
  last_failed_timestamp: NOON_MS + lastMs,
})

describe('the threshold', () => {
  it('is passed by the fourth failure, and by each one after', () => {
    given(worker, failureAt(0), failureAt(1), failureAt(2))
      .when(failureAt(3), failureAt(4))
      .then({ emit: [frequent(4, 3), frequent(5, 4)] })
    given(worker).when(failureAt(0), failureAt(1), failureAt(2)).then({ emit: [] })
  })

  it('can be another', () => {
    given(worker)
      .with({ threshold: '0' })
      .when(failureAt(0))
      .then({ emit: [frequent(1, 0)] })
    given(worker)
      .with({ threshold: '1' })
      .when(failureAt(0), failureAt(0))
      .then({ emit: [frequent(2, 0)] })
  })

  it('is passed by each user alone', () => {
    given(worker, failureAt(0), failureAt(1), failureAt(2, 2), failureAt(3))
      .when(failureAt(4, 2), failureAt(5))
      .then({ emit: [frequent(4, 5)] })
  })
})

describe('the window', () => {
  const three = [failureAt(0), failureAt(0), failureAt(0)]

  it('still holds what is 59 steps old, and no more what is 60 steps old', () => {
    given(worker, ...three)
      .when(failureAt(60 * STEP_MS - 1))
      .then({ emit: [frequent(4, 60 * STEP_MS - 1)] })
    given(worker, ...three)
      .when(failureAt(60 * STEP_MS))
      .then({ emit: [] })
  })

  it('counts what comes late, if it is not 60 steps late, and keeps the newest time', () => {
    given(worker, failureAt(59 * STEP_MS), failureAt(59 * STEP_MS), failureAt(59 * STEP_MS + 7))
      .when(failureAt(0))
      .then({ emit: [frequent(4, 59 * STEP_MS + 7)] })
  })

  it('does not count what is 60 steps late', () => {
    given(worker, ...three, failureAt(STEP_MS))
      .when(failureAt(-59 * STEP_MS - 1))
      .then({
        emit: [],
        state: {
          window_ms: WINDOW_MS,
          bucket: (NOON_MS + STEP_MS) / STEP_MS,
          counts: [1, 3],
          newest: NOON_MS + STEP_MS,
        },
      })
  })

  it('can be for ever', () => {
    const year = 366 * 86_400_000
    given(worker, failureAt(-year), failureAt(0), failureAt(year))
      .with({ window: 'all' })
      .when(failureAt(-2 * year))
      .then({
        emit: [frequent(4, year)],
        state: { window_ms: null, bucket: 0, counts: [4], newest: NOON_MS + year },
      })
  })

  it('starts counting again when it differs from the state’s', () => {
    const fold = new Fold(worker, { window: 'all' })
    three.forEach((failure) => fold.process(failure))
    const changed = new Fold(worker)
    for (const [key, state] of fold.state.changes) changed.state.restore(key, state)
    changed.process(failureAt(1))
    expect(changed.emitted).toEqual([])
    expect(changed.state.find('1')).toMatchObject({ window_ms: WINDOW_MS, counts: [1] })
  })

  it.each(['59ms', '0s', '10', 'ever', '36526d'])('refuses to be %j', (text) => {
    expect(() => worker.options!.window.parse(text)).toThrow(
      `expected a duration from 60ms to 36525d such as 10m, or all, not "${text}"`,
    )
  })

  it('counts as the rule says, in any order of times and users', () => {
    const failure = fc.record({
      user: fc.integer({ min: 1, max: 2 }),
      ms: fc.integer({ min: -1_300_000, max: 1_300_000 }),
    })
    const windowMs = fc.constantFrom(600_000, 60, 1000, 77_777)
    fc.assert(
      fc.property(fc.array(failure, { maxLength: 60 }), windowMs, fc.nat({ max: 4 }), (failures, window, threshold) => {
        given(worker)
          .with({ threshold: String(threshold), window: `${window}ms` })
          .when(...failures.map(({ ms, user }) => failedPayment({ user_id: user, timestamp: ms })))
          .then({ emit: naive(failures, window, threshold) })
      }),
    )
  })
})

/** The rule word for word, with a list of all that was counted. */
function naive(failures: readonly { user: number; ms: number }[], windowMs: number, threshold: number): unknown[] {
  const counted: { user: number; ms: number; bucket: number }[] = []
  const emitted: unknown[] = []
  for (const { user, ms } of failures) {
    const bucket = Number((BigInt(ms + windowMs * 1_000_000) * 60n) / BigInt(windowMs)) - 60_000_000
    const own = counted.filter((other) => other.user === user)
    const newestBucket = Math.max(bucket, ...own.map((other) => other.bucket))
    if (bucket <= newestBucket - 60) continue
    counted.push({ user, ms, bucket })
    own.push({ user, ms, bucket })
    const n = own.filter((other) => other.bucket >= newestBucket - 59).length
    const newest = Math.max(...own.map((other) => other.ms))
    if (n > threshold) emitted.push({ user_id: user, failed_payment_count: n, last_failed_timestamp: newest })
  }
  return emitted
}
