import { Option, type Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { count } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

export function registerKsql(program: Command, world: World): void {
  const ksql = program.command('ksql').description('the same streams in SQL, on ksqlDB')
  examples(ksql, 'payflow ksql apply', 'payflow ksql status --json')
  const apply = ksql
    .command('apply')
    .description('create the streams, tables and queries of ksql/*.sql; what exists as described is left alone')
    .option('--replace', 're-create what has changed, and what depends on it: their topics are deleted and refilled')
    .option('--dry-run', 'only show what would be done, and let ksqlDB check what would be created')
    .option('-y, --yes', 'do not ask')
    .action(action(world, runApply))
  examples(apply, 'payflow ksql apply', 'payflow ksql apply --dry-run', 'payflow ksql apply --replace')
  const status = ksql
    .command('status')
    .description('the queries that run, their state, lag and errors')
    .action(action(world, runStatus))
  examples(status, 'payflow ksql status', 'payflow ksql status --json')
  const query = ksql
    .command('query')
    .argument('<sql>', 'a SELECT; with EMIT CHANGES it continues as rows arrive')
    .description('run a query and print its rows, until Ctrl-C if it does not end')
    .option('--limit <n>', 'end after this many rows', count)
    .addOption(
      new Option('--from <where>', 'where a query with EMIT CHANGES begins').choices(['start', 'end']).default('start'),
    )
    .action(action(world, runQuery))
  examples(
    query,
    'payflow ksql query "SELECT * FROM ksql_revenue WHERE user_key = \'7\'"',
    'payflow ksql query "SELECT user_id, price FROM orders EMIT CHANGES" --limit 5 --json',
    "payflow ksql query 'SELECT `order_id`, `total` FROM ksql_orders EMIT CHANGES' --from end",
  )
  const drop = ksql
    .command('drop')
    .description('end the queries of ksql/*.sql, drop their streams and tables, delete the topics that they wrote')
    .option('--dry-run', 'only show what would be done')
    .option('-y, --yes', 'do not ask')
    .action(action(world, runDrop))
  examples(drop, 'payflow ksql drop', 'payflow ksql drop --yes', 'payflow ksql drop --dry-run')
  const describe = ksql
    .command('describe')
    .argument('<name>')
    .description('columns, topic, queries and statement of a stream or table')
    .action(action(world, runDescribe))
  examples(describe, 'payflow ksql describe ksql_revenue', 'payflow ksql describe orders --json')
}

interface ApplyOptions {
  readonly replace?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function runApply(context: Context, { replace = false, dryRun = false, yes = false }: ApplyOptions) {
  const { applyKsql } = await import('../tasks/ksql.ts')
  await applyKsql(context, { replace, dryRun, yes })
}

async function runDrop(context: Context, { dryRun = false, yes = false }: Omit<ApplyOptions, 'replace'>) {
  const { dropKsql } = await import('../tasks/ksql.ts')
  await dropKsql(context, { dryRun, yes })
}

async function runStatus({ settings, output, signal }: Context): Promise<void> {
  const { ksqlStatus } = await import('../../app/ksql/status.ts')
  const { statusLines } = await import('../views/ksql-view.ts')
  const status = await ksqlStatus(settings, signal)
  output.result(status, () => statusLines(status, output.out))
}

async function runDescribe({ settings, output, signal }: Context, _: object, [name = '']: readonly string[]) {
  const { describeKsql } = await import('../../app/ksql/describe.ts')
  const { descriptionLines } = await import('../views/ksql-view.ts')
  const description = await describeKsql(settings, name, signal)
  output.result(description, () => descriptionLines(description, output.out))
}

interface QueryOptions {
  readonly limit?: number
  readonly from: 'start' | 'end'
}

async function runQuery(context: Context, { limit, from }: QueryOptions, [sql = '']: readonly string[]) {
  const { world, settings, signal } = context
  world.stopWith({ message: 'Ending the query', outcome: 'done' })
  const { runQuery: run } = await import('../../app/ksql/query.ts')
  const { showRows } = await import('../views/ksql-rows.ts')
  await showRows(context, await run(settings, sql, { limit, from }, signal))
}
