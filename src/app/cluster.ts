import { connectionOf } from '../settings/connection.ts'
import { PayflowError } from '../errors.ts'
import { chooseCodec } from '../kafka/codec.ts'
import { Client, type ClientOptions } from '../kafka/client.ts'
import { isConnectionError } from '../kafka/errors.ts'
import { checkReachable, whyUnreachable } from '../kafka/reachable.ts'
import { describeBrokers, type ClusterDescription } from '../kafka/readiness.ts'
import type { Log } from '../log.ts'
import type { Settings } from '../settings/resolve.ts'

export type Report = (line: string) => void

/** Longest wait for an answer of a cluster: a user waits for it. */
const ANSWER_TIMEOUT_MS = 8_000

export function clientOptions(settings: Settings, clientId: string, log?: Log): ClientOptions {
  return { ...connectionOf(settings), clientId, codec: chooseCodec(process.env), ...(log && { log }) }
}

/** Returns who is in the cluster. @throws PayflowError (infra) that says what is at each address when no broker can be reached. */
export async function reach(settings: Settings): Promise<ClusterDescription> {
  const connection = connectionOf(settings)
  if (connection.brokers.length === 0)
    throw new PayflowError('BROKERS_UNKNOWN', 'No broker is known: port 0 means any free one, and none runs yet', {
      kind: 'infra',
      hint: 'start one with `payflow infra up`, or name yours with --brokers HOST:PORT',
    })
  return checkReachable(connection)
}

/** Hands `use` a client of a cluster that answers, and closes it afterwards. */
export async function withCluster<Result>(
  settings: Settings,
  log: Log,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  await reach(settings)
  const client = new Client(clientOptions(settings, 'payflow', log))
  try {
    return await use(client)
  } catch (error) {
    throw isConnectionError(error) ? ((await whyUnreachable(connectionOf(settings))) ?? error) : error
  } finally {
    await client.close()
  }
}

/** The configured replication factor, or the number of brokers up to 3. `cluster`: who is known to be in it. */
export async function replicationFactorOf(settings: Settings, cluster?: ClusterDescription): Promise<number> {
  if (settings.replicationFactor !== undefined) return settings.replicationFactor
  const { brokers } = cluster ?? (await describeBrokers(connectionOf(settings), ANSWER_TIMEOUT_MS))
  return Math.min(3, brokers.length)
}
