import type { Command } from 'commander'
import { PayflowError } from '../../errors.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { table } from '../shell/output.ts'
import type { World } from '../shell/world.ts'

export function registerElectLeaders(topics: Command, world: World): void {
  const elect = topics
    .command('elect-leaders')
    .argument('[topics...]', "which; payflow's and Kafka's own without any")
    .option('--dry-run', 'only show which partitions would get another leader')
    .option('-y, --yes', 'do not ask')
    .description('make the preferred replicas leaders again, as after a restart of a broker')
    .action(action(world, run))
  examples(elect, 'payflow topics elect-leaders --dry-run', 'payflow topics elect-leaders orders payments --yes')
}

interface Options {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function run(context: Context, { dryRun = false, yes = false }: Options, topics: readonly string[]): Promise<void> {
  const { settings, output, signal, log } = context
  const { withCluster } = await import('../../app/cluster.ts')
  const { readPlacement } = await import('../../app/placement/read.ts')
  const { planElections } = await import('../../app/placement/plan.ts')
  const { electPreferredLeaders } = await import('../../kafka/reassignment.ts')
  const { confirm } = await import('../shell/confirm.ts')
  await withCluster(settings, log, async (client) => {
    const { elect, impossible } = planElections((await readPlacement(client, topics)).partitions)
    for (const { topic, partition, preferred } of impossible)
      output.note(`${topic}/${partition} keeps its leader: its preferred broker ${preferred} is not in sync`)
    if (!dryRun && elect.length > 0) {
      const question = `Have ${elect.length} partitions at ${settings.brokers.join(', ')} led by their preferred brokers?`
      await confirm(context, question, yes || !settings.brokersGiven)
    }
    const results = dryRun ? [] : await electPreferredLeaders(client.shared, elect, signal)
    const failed = results.filter(({ error }) => error !== undefined)
    const rows = elect.map(({ topic, partition, leader, preferred }) => [topic, partition, leader < 0 ? 'none' : leader, preferred]) // prettier-ignore
    output.result({ elect, impossible, elected: !dryRun, failed }, () =>
      elect.length === 0
        ? ['no partition can get another leader']
        : table(['topic', 'partition', dryRun ? 'leader' : 'leader was', dryRun ? 'would be' : 'is'], rows),
    )
    const [first] = failed
    if (first)
      throw new PayflowError('NOT_REASSIGNED', `${first.topic}/${first.partition} keeps its leader: ${first.error ?? ''}`, {
        kind: 'failed',
        hint: `look at it with \`payflow topics describe ${first.topic}\``,
      }) // prettier-ignore
  })
} // prettier-ignore
