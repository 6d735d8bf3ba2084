import type { KsqlClient } from '../../ksql/client.ts'
import { asWritten, readCatalog, type Query } from '../../ksql/catalog.ts'
import { propertyDifference } from '../../ksql/examine.ts'
import { problemsOf, stateOf, wordsOfError, type Problem } from '../../ksql/health.ts'
import { KsqlRefusal } from '../../ksql/refusal.ts'
import type { SourceDescription } from '../../ksql/replies.ts'
import { loadStatements } from '../../ksql/statements.ts'
import type { Settings } from '../../settings/resolve.ts'
import { openKsql } from './session.ts'

interface QueryStatus {
  readonly query: string
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly state: string
  /** Records that it has still to read, or null when the server does not say. */
  readonly lag: number | null
  readonly errors: readonly string[]
  /** What its figures suffer from: it does not run with payflow's properties. */
  readonly warning: string | null
}

export interface KsqlStatus {
  readonly url: string
  readonly version: string
  readonly serviceId: string
  readonly kafkaClusterId: string
  readonly queries: readonly QueryStatus[]
  readonly sources: readonly { name: string; type: string; topic: string }[]
  /** What is missing, has lost its topic, is not written: of payflow's streams and tables, where there are any. */
  readonly problems: readonly Problem[]
}

/** The records that a query has not read yet, of every topic that it reads. */
export function lagIn({ queryOffsetSummaries }: SourceDescription, group: string | null | undefined): number | null {
  const offsets = (queryOffsetSummaries ?? [])
    .filter(({ groupId }) => groupId === group)
    .flatMap(({ topicSummaries }) => topicSummaries.flatMap((topic) => topic.offsets))
  if (offsets.length === 0) return null
  const left = offsets.map(({ logStartOffset, logEndOffset, consumerOffset }) =>
    Math.max(0, logEndOffset - (consumerOffset ?? logStartOffset)),
  )
  return left.reduce((sum, records) => sum + records, 0)
}

async function describeExtended(
  client: KsqlClient,
  name: string,
  signal?: AbortSignal,
): Promise<SourceDescription | undefined> {
  const sql = `DESCRIBE ${asWritten(name)} EXTENDED;`
  try {
    return (await client.ask(sql, 'sourceDescription', signal)).sourceDescription
  } catch (error) {
    // Dropped since it was listed.
    if (error instanceof KsqlRefusal && error.isGone) return undefined
    throw error
  }
}

async function statusOf(client: KsqlClient, query: Query, signal?: AbortSignal): Promise<QueryStatus> {
  const [sink] = query.sinks
  const description = sink === undefined ? undefined : await describeExtended(client, sink, signal)
  return {
    query: query.id,
    reads: query.sources,
    writes: query.sinks,
    state: stateOf(query),
    lag: description ? lagIn(description, query.consumerGroupId) : null,
    errors: (query.queryErrors ?? []).map(wordsOfError),
    warning: propertyDifference(query) ?? null,
  }
}

/** What the ksqlDB runs, and how far it is. */
export async function ksqlStatus(settings: Settings, signal?: AbortSignal): Promise<KsqlStatus> {
  const { client, info } = await openKsql(settings, signal)
  const catalog = await readCatalog(client, signal)
  const queries: QueryStatus[] = []
  for (const query of catalog.queries) queries.push(await statusOf(client, query, signal))
  return {
    url: client.endpoint.url,
    version: info.version,
    serviceId: info.ksqlServiceId,
    kafkaClusterId: info.kafkaClusterId,
    queries: queries.sort((a, b) => a.query.localeCompare(b.query)),
    sources: [...catalog.sources]
      .map(([name, { type, topic }]) => ({ name, type, topic }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    problems: problemsOf(loadStatements(), catalog),
  }
}
