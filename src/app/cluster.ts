import { PayflowError } from '../errors.ts'
import { Client, type ClientOptions } from '../kafka/client.ts'
import { checkReachable, describeBrokers } from '../kafka/readiness.ts'
import type { Log } from '../log.ts'
import type { Settings } from '../settings/resolve.ts'

export type Report = (line: string) => void

/** Longest wait for the first answer of a cluster: a user waits for it. */
const reachTimeoutMs = 8_000

export function clientOptions({ brokers }: Settings, clientId: string, log?: Log): ClientOptions {
  return { brokers, clientId, ...(log && { log }) }
}

/** @throws PayflowError (infra) that names the addresses when no broker answers. */
export async function reach({ brokers }: Settings): Promise<void> {
  if (brokers.length === 0)
    throw new PayflowError('BROKERS_UNKNOWN', 'No broker is known: port 0 means any free one, and none runs yet', {
      kind: 'infra',
      hint: 'start one with `payflow infra up`, or name yours with --brokers HOST:PORT',
    })
  await checkReachable(brokers, reachTimeoutMs)
}

/** Hands `use` a client of a cluster that answers, and closes it afterwards. */
export async function withCluster<Result>(
  settings: Settings,
  use: (client: Client) => Promise<Result>,
  log?: Log,
): Promise<Result> {
  await reach(settings)
  const client = new Client(clientOptions(settings, 'payflow', log))
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

/** The configured replication factor, or the number of brokers up to 3. */
export async function replicationFactorOf({ replicationFactor, brokers }: Settings): Promise<number> {
  return replicationFactor ?? Math.min(3, (await describeBrokers(brokers, reachTimeoutMs)).brokers.length)
}
