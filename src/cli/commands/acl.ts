import { Option, type Command } from 'commander'
import type { Format } from '../../app/acl/formats.ts'
import { action, examples, type Context } from '../shell/action.ts'
import type { World } from '../shell/world.ts'

interface AclOptions {
  readonly principal: string
  readonly format: Format
  readonly checks?: boolean
}

export function registerAcl(program: Command, world: World): void {
  const acl = program
    .command('acl')
    .description('print the least rights that payflow needs on a cluster with ACLs; changes nothing')
    .argument('[purposes...]', 'topics (create them), produce, audit, a worker by its name or file; all (default)')
    .requiredOption('--principal <principal>', 'who gets them, as the brokers know it, such as User:alice')
    .addOption(
      new Option('--format <format>', 'how they are written')
        .choices(['kafka-acls', 'strimzi', 'confluent'])
        .default('kafka-acls'),
    )
    .option('--checks', 'also what lets workers check settings of the cluster; without it nothing fails')
    .action(action(world, run))
  examples(
    acl,
    'payflow acl --principal User:payflow',
    'payflow acl produce --principal User:shop',
    'payflow acl large-orders process-payments --principal User:workers',
    'payflow acl audit --principal User:auditor --format confluent',
    'payflow acl topics ./my-worker.js --principal User:CN=mine --format strimzi',
  )
}

async function run(context: Context, options: AclOptions, words: readonly string[]): Promise<void> {
  const { settings, world, output } = context
  const { grantsFor } = await import('../../app/acl/grants.ts')
  const { checkPrincipal, linesOf } = await import('../../app/acl/formats.ts')
  const { purposesOf } = await import('../../app/acl/purposes.ts')
  const principal = checkPrincipal(options.principal)
  const grants = grantsFor(await purposesOf(words, options.checks === true, world.cwd))
  output.result(grants, () => linesOf(options.format, grants, { principal, brokers: settings.brokers }))
}
