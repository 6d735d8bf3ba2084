import { PayflowError } from '../../errors.ts'
import type { KsqlClient } from '../../ksql/client.ts'
import { KsqlRefusal } from '../../ksql/refusal.ts'
import { elementsOf, openQuery, type RunningQuery } from '../../ksql/rows.ts'
import { parseSelect, propertiesOfSelect } from '../../ksql/select.ts'
import type { Settings } from '../../settings/resolve.ts'
import { openKsql } from './session.ts'

export interface QueryOptions {
  /** End after this many rows. */
  readonly limit: number | undefined
  /** Where a push query begins. */
  readonly from: 'start' | 'end'
}

export interface QueryResult {
  readonly columns: readonly string[]
  readonly types: readonly string[]
  /** Some rows at a time, each a list of JSON texts: what a double cannot hold stays as it was sent. */
  readonly rows: AsyncGenerator<string[][]>
}

/** Runs a query until it ends, `limit` is reached or the signal is aborted. @throws PayflowError, also for anything that is not a SELECT */
export async function runQuery(
  settings: Settings,
  sql: string,
  { limit, from }: QueryOptions,
  signal: AbortSignal,
): Promise<QueryResult> {
  const select = parseSelect(sql)
  const { client } = await openKsql(settings, signal)
  const query = await openQuery(client, select.sql, propertiesOfSelect(select, from), signal).catch(explainColumns)
  const { columnNames, columnTypes } = query.header
  const wanted = Math.min(limit ?? Infinity, select.limit ?? Infinity)
  return {
    columns: columnNames,
    types: columnTypes,
    rows: rowsOf(client, query, { wanted, push: select.push, signal }),
  }
}

/** Lower-case columns are found in backquotes only, and these in a shell only in single quotes. */
function explainColumns(error: unknown): never {
  if (error instanceof KsqlRefusal && /cannot be resolved/.test(error.message))
    throw new PayflowError(error.code, error.message, {
      kind: error.kind,
      hint: "the columns of ksql_… are lower-case: write them in backquotes, and the SQL in single quotes: 'SELECT `total` FROM ksql_orders'",
      cause: error,
    })
  throw error
}

interface Reading {
  readonly wanted: number
  readonly push: boolean
  readonly signal: AbortSignal
}

async function* rowsOf(
  client: KsqlClient,
  query: RunningQuery,
  { wanted, push, signal }: Reading,
): AsyncGenerator<string[][]> {
  let count = 0
  try {
    for await (const lines of query.rows) {
      const rows = lines.slice(0, wanted - count).map(elementsOf)
      count += rows.length
      yield rows
      if (count >= wanted) return
    }
    if (push && !signal.aborted) throw endedBefore(client, count)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    query.stop()
    if (push) await endOnServer(client, query)
  }
}

/** The rows have no end mark: a LIMIT, TERMINATE and a server that stops look alike, but for the LIMIT. */
const endedBefore = ({ endpoint }: KsqlClient, count: number): PayflowError =>
  new PayflowError('KSQL_ENDED', `ksqlDB at ${endpoint.url} ended the query after ${count} rows`, {
    kind: 'failed',
    hint: 'somebody terminated it, or the server stopped: look with `payflow ksql status`, then run it again',
  })

/** A push query whose reader is gone may live on until the server notices. That it has ended already is as good. */
async function endOnServer(client: KsqlClient, { header }: RunningQuery): Promise<void> {
  // It ends with its connection anyway.
  if (header.queryId) await client.closeQuery(header.queryId).catch(() => undefined)
}
