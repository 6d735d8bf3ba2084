import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { count } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

export function registerAddPartitions(topics: Command, world: World): void {
  const command = topics
    .command('add-partitions')
    .argument('<topic>')
    .argument('<count>', 'how many it shall have in all', (text: string) => String(count(text)))
    .description('give a topic more partitions; workers that keep state of it must then be reset')
    .option('--dry-run', 'only show what would be done')
    .option('-y, --yes', 'do not ask')
    .action(action(world, run))
  examples(command, 'payflow topics add-partitions orders 6 --dry-run', 'payflow topics add-partitions orders 6 --yes')
}

interface Options {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function run(
  context: Context,
  { dryRun = false, yes = false }: Options,
  [topic = '', to = '']: readonly string[],
): Promise<void> {
  const { settings, output, signal, log } = context
  const { withCluster } = await import('../../app/cluster.ts')
  const { applyGrowth, commandsAfter, readGrowth } = await import('../../app/workers/partition-growth.ts')
  const { defaultWorkers: workers } = await import('../../pipeline/workers/index.ts')
  const { confirm } = await import('../shell/confirm.ts')
  await withCluster(settings, log, async (client) => {
    const plan = await readGrowth(client, topic, Number(to), workers)
    const then = commandsAfter(plan, workers)
    const lines = (verb: string): string[] => [
      `${plan.topic} ${verb} ${plan.to} partitions instead of ${plan.from}`,
      ...(plan.reset.length > 0 ? [`${plan.reset.join(', ')} will end, and not start before a reset`] : []),
      ...then.map((next) => `then: ${next}`),
    ]
    if (!dryRun) {
      const question = `Give ${topic} at ${settings.brokers.join(', ')} ${to} partitions? They cannot be taken away again.`
      await confirm(context, question, yes || !settings.brokersGiven)
      await applyGrowth(client, plan, signal)
    }
    output.result({ ...plan, then }, () => lines(dryRun ? 'would have' : 'has'))
  })
}
