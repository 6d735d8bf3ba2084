import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import { Client } from './client.ts'

export interface ClusterDescription {
  readonly brokers: string[]
  /** `host:port` of the controller; null while none is elected. */
  readonly controller: string | null
}

/** Asks one of `brokers` who is in the cluster. @throws whatever kept it from answering within `timeoutMs`. */
export async function describeBrokers(brokers: readonly string[], timeoutMs: number): Promise<ClusterDescription> {
  const client = new Client({ brokers, clientId: 'payflow-ready', requestTimeoutMs: Math.min(timeoutMs, 3_000) })
  try {
    const described = (async () => (await client.admin()).describeCluster())()
    const timeout = new AbortController()
    const result = await Promise.race([
      described,
      sleep(timeoutMs, undefined, { signal: timeout.signal }).then(() =>
        Promise.reject(new Error(`no answer within ${timeoutMs} ms`)),
      ),
    ]).finally(() => timeout.abort())
    const address = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`
    const controller = result.brokers.find(({ nodeId }) => nodeId === result.controller)
    return { brokers: result.brokers.map(address), controller: controller ? address(controller) : null }
  } finally {
    void client.close()
  }
}

/** Returns when `expected` brokers and a controller are known. @throws PayflowError (infra) after `timeoutMs`. */
export async function waitForBrokers(
  brokers: readonly string[],
  expected: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let last = 'no answer'
  for (;;) {
    signal?.throwIfAborted()
    try {
      const { brokers: known, controller } = await describeBrokers(brokers, 3_000)
      if (known.length >= expected && controller) return
      last = `${known.length} of ${expected} brokers, ${controller ? 'a' : 'no'} controller`
    } catch (error) {
      last = messageOf(error)
    }
    if (Date.now() > deadline)
      throw new PayflowError(
        'BROKERS_NOT_READY',
        `${brokers.join(', ')} did not become ready within ${timeoutMs / 1000} s (${last})`,
        {
          kind: 'infra',
          hint: 'see `payflow infra logs`',
        },
      )
    await sleep(100, undefined, signal ? { signal } : {})
  }
}

/** @throws PayflowError (infra) that names the addresses when none of them answers. */
export async function checkReachable(brokers: readonly string[], timeoutMs = 5_000): Promise<void> {
  try {
    await describeBrokers(brokers, timeoutMs)
  } catch (error) {
    throw new PayflowError('UNREACHABLE', `No Kafka broker answers at ${brokers.join(', ')} (${messageOf(error)})`, {
      kind: 'infra',
      hint: 'start one with `payflow infra up`, or name yours with --brokers HOST:PORT',
      cause: error,
    })
  }
}
