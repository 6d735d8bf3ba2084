import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../../kafka/errors.ts'
import { CONCURRENT_TRANSACTIONS } from './take-over.ts'

const PATIENCE_MS = 10_000

/**
 * While the markers of the last transaction are being written, the next one is asked to try again; Java's client waits 20 ms too.
 * `first` is a request that is tried again already: when it has succeeded, so will this one.
 */
export async function afterMarkers(request: () => Promise<void>, first?: Promise<void>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 20)) {
    try {
      await request()
      return
    } catch (error) {
      if (codeOf(error) !== CONCURRENT_TRANSACTIONS || performance.now() > deadline) throw error
    }
    await (first ?? sleep(delayMs))
    first = undefined
  }
}
