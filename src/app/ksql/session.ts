import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listGroups } from '../../kafka/groups.ts'
import { KsqlClient } from '../../ksql/client.ts'
import type { ServerInfo } from '../../ksql/replies.ts'
import { loadStatements } from '../../ksql/statements.ts'
import { ksqlTlsOf } from '../../settings/connection.ts'
import type { Settings } from '../../settings/resolve.ts'

/** A ksqlDB that answers. */
export interface KsqlSession {
  readonly client: KsqlClient
  readonly info: ServerInfo
}

/** @throws PayflowError (infra) when no ksqlDB is known */
export function ksqlClient(settings: Settings): KsqlClient {
  const { ksqlUrl, ksqlUser, ksqlPassword } = settings
  if (ksqlUrl === undefined)
    throw new PayflowError('KSQL_UNKNOWN', 'No ksqlDB is known', {
      kind: 'infra',
      hint: 'name one with --ksql-url (PAYFLOW_KSQL_URL); `payflow infra up` starts one with engine docker, or with KSQL_HOME set',
    })
  const tls = ksqlUrl.startsWith('https:') ? ksqlTlsOf(settings) : undefined
  return new KsqlClient({ url: ksqlUrl, user: ksqlUser, password: ksqlPassword, tls })
}

/** @throws PayflowError (infra) when it does not answer, or is still starting */
export async function openKsql(settings: Settings, signal?: AbortSignal): Promise<KsqlSession> {
  const client = ksqlClient(settings)
  return { client, info: await client.info(signal) }
}

/** The topics that payflow's queries in ksqlDB write. */
export const sinkTopics = (): string[] => loadStatements().flatMap(({ derived, topic }) => (derived ? [topic] : []))

const QUERY_GROUP = /^_confluent-ksql-(?<service>.*)query_C[ST]AS_(?<sink>.+)_\d+$/

interface ActiveQuery {
  readonly service: string
  readonly sink: string
}

/** Queries of any ksqlDB that write streams and tables of payflow's names at this moment, found by their groups in Kafka. */
export async function activeQueries(kafka: Client): Promise<ActiveQuery[]> {
  const own = new Set(loadStatements().flatMap(({ derived, name }) => (derived ? [name] : [])))
  const parse = (group: string): ActiveQuery | undefined => {
    const { service, sink } = QUERY_GROUP.exec(group)?.groups ?? {}
    return service !== undefined && sink !== undefined && own.has(sink) ? { service, sink } : undefined
  }
  const groups = await listGroups(kafka, (group) => parse(group) !== undefined)
  return groups.filter(({ members }) => members !== 0).map(({ group }) => parse(group)!)
}

/** @throws PayflowError when the ksqlDB reads another cluster than payflow does, or another ksqlDB writes the same topics */
export async function checkSameCluster(kafka: Client, { client, info }: KsqlSession): Promise<void> {
  const { clusterId } = await kafka.shared.cluster()
  if (clusterId !== info.kafkaClusterId)
    throw new PayflowError(
      'KSQL_OTHER_CLUSTER',
      `ksqlDB at ${client.endpoint.url} reads another Kafka cluster (${info.kafkaClusterId}) than payflow (${clusterId}, ${kafka.options.brokers.join(', ')})`,
      { kind: 'usage', hint: 'name the brokers and the ksqlDB that belong together: --brokers, --ksql-url' },
    )
  const others = (await activeQueries(kafka)).filter(({ service }) => service !== info.ksqlServiceId)
  if (others.length > 0)
    throw new PayflowError(
      'KSQL_FOREIGN',
      `Another ksqlDB (service ${others[0]!.service}) writes topics of the same names: ${others.map(({ sink }) => sink).join(', ')}`,
      { kind: 'failed', hint: 'drop them there first (--ksql-url names it), or use that ksqlDB' },
    )
}
