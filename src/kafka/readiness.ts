import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress } from '../settings/address.ts'
import type { ConnectionSettings } from '../settings/connection.ts'
import { PayflowError, messageOf } from '../errors.ts'
import { Client } from './client.ts'

export interface ClusterDescription {
  readonly brokers: string[]
  /** `host:port` of the controller; null while none is elected. */
  readonly controller: string | null
}

/** Asks one of the brokers who is in the cluster. @throws whatever kept it from answering within `timeoutMs`. */
export async function describeBrokers(settings: ConnectionSettings, timeoutMs: number): Promise<ClusterDescription> {
  const requestTimeoutMs = Math.min(timeoutMs, 3_000)
  const client = new Client({ ...settings, clientId: 'payflow-ready', requestTimeoutMs })
  try {
    const timeout = new AbortController()
    const result = await Promise.race([
      client.shared.cluster(),
      sleep(timeoutMs, undefined, { signal: timeout.signal }).then(() => Promise.reject(noAnswer(settings, timeoutMs))),
    ]).finally(() => timeout.abort())
    const controller = result.brokers.find(({ nodeId }) => nodeId === result.controllerId)
    return {
      brokers: result.brokers.map(formatAddress),
      controller: controller ? formatAddress(controller) : null,
    }
  } finally {
    void client.close()
  }
}

/** Returns when `expected` brokers and a controller are known. @throws PayflowError (infra) after `timeoutMs`. */
export async function waitForBrokers(
  settings: ConnectionSettings,
  expected: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let last = 'no answer'
  for (;;) {
    signal?.throwIfAborted()
    try {
      const { brokers: known, controller } = await describeBrokers(settings, 3_000)
      if (known.length >= expected && controller) return
      last = `${known.length} of ${expected} brokers, ${controller ? 'a' : 'no'} controller`
    } catch (error) {
      last = messageOf(error)
    }
    if (Date.now() > deadline)
      throw new PayflowError(
        'BROKERS_NOT_READY',
        `${settings.brokers.join(', ')} did not become ready within ${timeoutMs / 1000} s (${last})`,
        {
          kind: 'infra',
          hint: 'see `payflow infra logs`',
        },
      )
    await sleep(100, undefined, signal ? { signal } : {})
  }
}

const noAnswer = ({ brokers }: ConnectionSettings, timeoutMs: number): PayflowError =>
  new PayflowError('UNREACHABLE', `${brokers.join(', ')} gave no answer within ${timeoutMs / 1000} s`, {
    kind: 'infra',
    hint: 'see `payflow infra status`',
  })
