import { describe, expect, test } from 'vitest'
import { pause, poll } from '../../../src/infra/poll.ts'

/** Answers with these values, one a time, and with the last one from then on. */
function probe<Value>(...values: Value[]) {
  let asked = 0
  return { ask: () => values[Math.min(asked++, values.length - 1)], times: () => asked }
}
const quick = { timeoutMs: 5_000, intervalMs: 1 }

describe('polling', () => {
  test('ends with the first value that is not undefined, also one that counts for false', async () => {
    for (const value of [7, 0, '', false, null]) {
      const { ask, times } = probe(undefined, undefined, value)
      expect([await poll(ask, quick), times()]).toEqual([value, 3])
    }
  })

  test('asks at least once, and gives up when the time is over', async () => {
    const never = probe<number | undefined>(undefined)
    expect(await poll<number>(never.ask, { timeoutMs: 0 })).toBeUndefined()
    expect(never.times()).toBe(1)
    const late = probe<number | undefined>(undefined)
    expect(await poll(late.ask, { timeoutMs: 20, intervalMs: 1 })).toBeUndefined()
    expect(late.times()).toBeGreaterThan(1)
  })

  test('fails with the error of the question', async () => {
    await expect(poll(() => Promise.reject(new Error('no disk')), quick)).rejects.toThrow('no disk')
  })

  test('ends with the reason of its signal, before it asks and while it waits', async () => {
    const reason = new Error('stopped by the user')
    const never = probe<number | undefined>(undefined)
    await expect(poll(never.ask, { ...quick, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(never.times()).toBe(0)
    const abort = new AbortController()
    const waiting = poll(
      () => {
        abort.abort(reason)
        return undefined
      },
      { timeoutMs: 60_000, intervalMs: 60_000, signal: abort.signal },
    )
    await expect(waiting).rejects.toBe(reason)
  })
})

test('a pause without a signal just passes', async () => {
  const startMs = performance.now()
  await pause(20)
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(18)
})
