import { describe, expect, it } from 'vitest'
import { FrequentFailures, Tally, frequentFailures } from '../../../../src/app/audit/ksql-tally.ts'
import { frequentFailedPaymentsWorker } from '../../../../src/pipeline/workers/frequent-failed-payments.ts'

const seconds = (...all: number[]): number[] => all.map((one) => one * 1_000)

/** What the worker makes of the same failures. */
function byWorker(timesMs: readonly number[]): { count: number; lastMs: number }[] {
  let state: unknown = null
  return timesMs.flatMap((timestamp) => {
    const failure = { order_id: 'o', user_id: 7, amount: 100, payment_method: 'PayPal', timestamp }
    const result = frequentFailedPaymentsWorker.on.failed_payments(failure as never, state as never, { threshold: 3, window: 600_000 }) as { state?: unknown; emit?: { failed_payment_count: number; last_failed_timestamp: number }[] } | undefined // prettier-ignore
    if (result && 'state' in result) state = result.state
    return (result?.emit ?? []).map((event) => ({ count: event.failed_payment_count, lastMs: event.last_failed_timestamp })) // prettier-ignore
  })
}

describe('a tally', () => {
  it('counts what only one side has, and how often', () => {
    const tally = new Tally()
    for (const event of ['a', 'b', 'b', 'c']) tally.add('workers', event)
    for (const event of ['b', 'c', 'd', 'a']) tally.add('ksql', event)
    expect([tally.workers, tally.ksql, tally.count('workers'), tally.count('ksql')]).toEqual([4, 4, 1, 1])
    expect(tally.first(9)).toEqual([
      { only: 'workers', event: 'b' },
      { only: 'ksql', event: 'd' },
    ])
  })
})

describe('the rule of ksql/230 to 232', () => {
  it.each([
    ['in order', seconds(0, 10, 20, 30, 40, 700)],
    ['with late ones', seconds(0, 100, 650, 651, 652, 20, 653, 49, 51, 60)],
    ['at the edge of the window', seconds(0, 1, 2, 599, 600, 609, 610)],
  ])('is that of the worker: %s', (_, timesMs) => {
    expect(frequentFailures(timesMs)).toEqual(byWorker(timesMs))
  })

  it('counts no more than 200', () => {
    const timesMs = Array.from({ length: 250 }, (_, i) => i * 1_000)
    expect(frequentFailures(timesMs).at(-1)!.count).toBe(200)
    expect(byWorker(timesMs).at(-1)!.count).toBe(250)
  })
})

describe('frequent failures of both engines', () => {
  const filled = (workers: number[], ksql: number[]) => {
    const users = new FrequentFailures()
    const user = users.of(7)
    user.failures.workers.push(...workers)
    user.failures.ksql.push(...ksql)
    user.events.workers.push(...byWorker(workers))
    user.events.ksql.push(...frequentFailures(ksql))
    return users
  }

  it.each([
    ['the same order', seconds(0, 1, 2, 3, 4), seconds(0, 1, 2, 3, 4), 0],
    ['another order', seconds(0, 1, 2, 3, 4), seconds(0, 1, 2, 4, 3), 1],
  ])('are the same after %s', (_, workers, ksql, reordered) => {
    const tally = new Tally()
    expect(filled(workers, ksql).into(tally)).toBe(reordered)
    expect(tally.count('workers') + tally.count('ksql')).toBe(0)
  })

  it('differ when one is missing', () => {
    const users = filled(seconds(0, 1, 2, 3, 4), seconds(0, 1, 2, 3, 4))
    users.of(7).events.ksql.pop()
    const tally = new Tally()
    users.into(tally)
    expect([tally.count('workers'), tally.count('ksql')]).toEqual([1, 0])
  })
})
