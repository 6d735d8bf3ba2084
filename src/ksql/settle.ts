import { PayflowError } from '../errors.ts'
import { readCatalog } from './catalog.ts'
import type { KsqlClient } from './client.ts'
import { runCommand, type CommandOptions } from './command.ts'
import type { Statement } from './statements.ts'

/**
 * Waits until ksqlDB has executed whatever it has accepted, from any client: a run that was killed leaves commands behind that SHOW does not
 * know of yet. To drop what nobody has changes nothing, but is a command like any other. ksqlDB writes it down only when all
 * before it are executed, and fences off a request that waits to write its own (DistributingExecutor of ksqlDB 7.9.1).
 */
export async function settle(client: KsqlClient, options: CommandOptions): Promise<void> {
  const sql = 'DROP STREAM IF EXISTS payflow_barrier;'
  await runCommand(client, { title: 'execute what came before', sql, isDone: () => false }, options)
}

/** @throws PayflowError when somebody has created again what was to be gone: without its topic, it would write nothing for ever */
export async function refuseWhenBack(
  client: KsqlClient,
  { name, topic }: Statement,
  signal: AbortSignal,
): Promise<void> {
  const { sources, queries } = await readCatalog(client, signal)
  if (!sources.has(name) && !queries.some(({ sinks }) => sinks.includes(name))) return
  throw new PayflowError(
    'KSQL_CHANGED_MEANWHILE',
    `Somebody else has created ${name} again in the meantime; its topic ${topic} was not deleted`,
    { kind: 'failed', hint: 'is another `payflow ksql apply` running, on another machine? Wait for it, then run this again' }, // prettier-ignore
  )
}
