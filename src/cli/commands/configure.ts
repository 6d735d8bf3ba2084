import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import type { World } from '../shell/world.ts'

export function registerConfigure(topics: Command, world: World): void {
  const command = topics
    .command('configure')
    .argument('<words...>', 'topics, then settings as name=value')
    .usage('[options] <topic>... <name=value>...')
    .description('change settings of topics; what else is set for them stays')
    .option('--dry-run', 'only show what would be done')
    .option('-y, --yes', 'do not ask')
    .action(action(world, run))
  examples(
    command,
    'payflow topics configure orders retention.ms=-1',
    'payflow topics configure orders payments min.insync.replicas=2 unclean.leader.election.enable=false --dry-run',
  )
}

interface Options {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function run(
  context: Context,
  { dryRun = false, yes = false }: Options,
  words: readonly string[],
): Promise<void> {
  const { settings, output, log } = context
  const { withCluster } = await import('../../app/cluster.ts')
  const { applyConfigure, describeConfigure, planConfigure, readChanges } = await import('../../app/topics/settings.ts')
  const { confirm } = await import('../shell/confirm.ts')
  const wanted = readChanges(words)
  await withCluster(settings, log, async (client) => {
    const plan = await planConfigure(client, wanted)
    if (!dryRun && plan.length > 0) {
      const question = `Change settings of ${wanted.topics.join(', ')} at ${settings.brokers.join(', ')}?`
      await confirm(context, question, yes || !settings.brokersGiven)
      await applyConfigure(client, plan)
    }
    output.result(plan, () => describeConfigure(plan))
    if (plan.length === 0) output.note('it is set so already')
  })
}
