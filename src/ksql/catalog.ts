import type { KsqlClient } from './client.ts'
import type { Entity } from './replies.ts'
import type { SourceType } from './statements.ts'

export type Query = Entity<'query_descriptions'>['queryDescriptions'][number]

/** What a ksqlDB holds at one moment. */
export interface Catalog {
  readonly sources: ReadonlyMap<string, { readonly type: SourceType; readonly topic: string }>
  /** Kafka's topics, but not its own and ksqlDB's, with how many partitions each has. */
  readonly topics: ReadonlyMap<string, number>
  /** Those that write a topic; what somebody is just reading is not among them. */
  readonly queries: readonly Query[]
}

export async function readCatalog(client: KsqlClient, signal?: AbortSignal): Promise<Catalog> {
  const answer = await client.run('SHOW STREAMS; SHOW TABLES; LIST TOPICS;', {}, signal)
  const { streams } = client.expect(answer, 'streams')
  const { tables } = client.expect(answer, 'tables')
  const { topics } = client.expect(answer, 'kafka_topics')
  const { queryDescriptions } = await client.ask('SHOW QUERIES EXTENDED;', 'query_descriptions', signal)
  return {
    sources: new Map([...streams, ...tables].map(({ name, type, topic }) => [name, { type, topic }])),
    topics: new Map(topics.map(({ name, replicaInfo }) => [name, replicaInfo.length])),
    queries: queryDescriptions.filter(({ queryType }) => queryType === 'PERSISTENT'),
  }
}

/** The query that CREATE … AS started for a sink; INSERT INTO would be another's. */
export const ownQueryOf = (catalog: Catalog, sink: string): Query | undefined =>
  catalog.queries.find(({ id, sinks }) => sinks.includes(sink) && /^C[ST]AS_/.test(id))

/** A name as a statement must write it. */
export const asWritten = (name: string): string =>
  /^[A-Z_][A-Z0-9_]*$/.test(name) ? name.toLowerCase() : `\`${name.replaceAll('`', '``')}\``
