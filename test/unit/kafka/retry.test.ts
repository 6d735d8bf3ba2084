import { describe, expect, test } from 'vitest'
import { PartitionError } from '../../../src/kafka/errors.ts'
import { retrying } from '../../../src/kafka/retry.ts'

const notReady = new PartitionError('Fetch', 'orders', 0, 5)
const quick = { timeoutMs: 5_000, firstDelayMs: 1, maxDelayMs: 4 }

/** Fails with these errors, one an attempt, then answers. */
function attempts(...errors: Error[]) {
  const times: number[] = []
  const attempt = (): Promise<string> => {
    const error = errors[times.push(performance.now()) - 1]
    return error ? Promise.reject(error) : Promise.resolve('answer')
  }
  return { attempt, times }
}

describe('repeating a request', () => {
  test('goes on while its error is one that passes', async () => {
    const { attempt, times } = attempts(notReady, notReady, notReady)
    expect(await retrying(attempt, quick)).toBe('answer')
    expect(times).toHaveLength(4)
  })

  test('ends at once with an error that no repetition helps', async () => {
    const fatal = new PartitionError('Fetch', 'orders', 0, 29)
    const { attempt, times } = attempts(notReady, fatal)
    await expect(retrying(attempt, quick)).rejects.toBe(fatal)
    expect(times).toHaveLength(2)
  })

  test('waits twice as long each time, up to the longest delay', async () => {
    const { attempt, times } = attempts(...Array.from({ length: 4 }, () => notReady))
    await retrying(attempt, { timeoutMs: 5_000, firstDelayMs: 20, maxDelayMs: 40 })
    const waits = times.slice(1).map((time, i) => time - times[i]!)
    for (const [i, least] of [20, 40, 40, 40].entries()) expect(waits[i]).toBeGreaterThanOrEqual(least - 2)
  })

  test('ends with the last error when the time is over, and does not sleep past it', async () => {
    const startMs = performance.now()
    const { attempt, times } = attempts(...Array.from({ length: 1_000 }, () => notReady))
    await expect(retrying(attempt, { timeoutMs: 500, firstDelayMs: 200 })).rejects.toBe(notReady)
    expect(times.length).toBe(2)
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })

  test('can be given up, even while it waits; an aborted one never asks', async () => {
    const { attempt, times } = attempts(...Array.from({ length: 1_000 }, () => notReady))
    await expect(retrying(attempt, { timeoutMs: 60_000, firstDelayMs: 30_000, maxDelayMs: 30_000, signal: AbortSignal.timeout(20) })).rejects.toThrow() // prettier-ignore
    await expect(retrying(attempt, { ...quick, signal: AbortSignal.abort() })).rejects.toThrow()
    expect(times).toHaveLength(1)
  })
})
