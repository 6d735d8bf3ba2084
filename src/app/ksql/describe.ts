import { didYouMean } from '../../did-you-mean.ts'
import { PayflowError } from '../../errors.ts'
import { asWritten, readCatalog } from '../../ksql/catalog.ts'
import { KsqlRefusal } from '../../ksql/refusal.ts'
import type { FieldSchema } from '../../ksql/replies.ts'
import type { Settings } from '../../settings/resolve.ts'
import { openKsql } from './session.ts'
import { lagIn } from './status.ts'

export interface KsqlDescription {
  readonly name: string
  readonly type: string
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly keyFormat: string
  readonly valueFormat: string
  readonly columns: readonly { name: string; type: string; key: boolean }[]
  readonly readBy: readonly string[]
  readonly writtenBy: readonly { query: string; state: string; lag: number | null }[]
  readonly statement: string
}

/** A column's type as it is written in SQL. */
function typeText({ type, fields, memberSchema, parameters }: FieldSchema): string {
  if (type === 'DECIMAL' && parameters) return `DECIMAL(${String(parameters.precision)}, ${String(parameters.scale)})`
  if (type === 'STRUCT' && fields)
    return `STRUCT<${fields.map(({ name, schema }) => `${name} ${typeText(schema)}`).join(', ')}>`
  if (memberSchema) return `${type}<${type === 'MAP' ? 'STRING, ' : ''}${typeText(memberSchema)}>`
  return type
}

/** As ksqlDB looks a name up: without backquotes it is upper-case. */
const nameOf = (typed: string): string => (/^`.*`$/.test(typed) ? typed.slice(1, -1) : typed.toUpperCase())

/** One stream or table. @throws PayflowError when there is none of this name */
export async function describeKsql(settings: Settings, typed: string, signal?: AbortSignal): Promise<KsqlDescription> {
  const { client } = await openKsql(settings, signal)
  const sql = `DESCRIBE ${asWritten(nameOf(typed))} EXTENDED;`
  try {
    const { sourceDescription: found } = await client.ask(sql, 'sourceDescription', signal)
    const groupOf = (id: string) => found.queryOffsetSummaries?.find(({ groupId }) => groupId.endsWith(`query_${id}`))
    return {
      ...{ name: found.name, type: found.type, topic: found.topic, partitions: found.partitions },
      ...{ replicationFactor: found.replication, keyFormat: found.keyFormat, valueFormat: found.valueFormat },
      columns: found.fields.map(({ name, schema, type }) => ({ name, type: typeText(schema), key: type === 'KEY' })),
      readBy: found.readQueries.map(({ id }) => id),
      writtenBy: found.writeQueries.map(({ id, state, statusCount }) => ({
        query: id,
        state: 'PAUSED' in (statusCount ?? {}) ? 'PAUSED' : (state ?? 'UNKNOWN'),
        lag: lagIn(found, groupOf(id)?.groupId),
      })),
      statement: found.statement,
    }
  } catch (error) {
    if (!(error instanceof KsqlRefusal) || !error.isGone) throw error
    const { sources } = await readCatalog(client, signal)
    throw new PayflowError('KSQL_NOT_FOUND', `ksqlDB at ${client.endpoint.url} has no stream or table ${typed}`, {
      kind: 'failed',
      hint: didYouMean(typed, [...sources.keys()], 'list them with `payflow ksql status`'),
    })
  }
}
