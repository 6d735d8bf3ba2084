import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import type { TopicInfo } from '../../kafka/topics.ts'
import { formatNumber } from '../shell/format-number.ts'
import { lineWidth, table } from '../shell/output.ts'
import type { Column } from '../views/top/fit-table.ts'
import { addSettings } from '../shell/setting-options.ts'
import type { World } from '../shell/world.ts'
import { registerAddPartitions } from './add-partitions.ts'
import { registerConfigure } from './configure.ts'
import { registerElectLeaders } from './elect-leaders.ts'
import { registerReassign } from './reassign.ts'

export function registerTopics(program: Command, world: World): void {
  const topics = program.command('topics').description('create, reset, move and look at topics')
  examples(topics, 'payflow topics reset', 'payflow topics list --json')
  const withLayout = (command: Command): Command =>
    addSettings(command, 'partitions', 'replicationFactor').option('--dry-run', 'only show what would be done')
  const create = withLayout(topics.command('create').argument('[topic...]', 'others, such as the inputs of your own workers'))
    .description('create the payflow topics that are missing, or those that are named')
    .action(action(world, runCreate)) // prettier-ignore
  examples(
    create,
    'payflow topics create',
    'payflow topics create --partitions 6',
    'payflow topics create sales products',
  )
  const reset = withLayout(topics.command('reset'))
    .description('delete and re-create the payflow topics, and the groups that read them')
    .option('-y, --yes', 'do not ask')
    .action(action(world, runReset))
  examples(reset, 'payflow topics reset', 'payflow topics reset --dry-run', 'payflow topics reset --partitions 6 --yes')
  const list = topics.command('list').description('all topics and how many records they hold')
  examples(list.action(action(world, runList)), 'payflow topics list', 'payflow topics list --json')
  const describe = topics
    .command('describe')
    .argument('<topic...>')
    .description('partitions, leaders, replicas, offsets and sizes of topics')
    .action(action(world, runDescribe))
  examples(describe, 'payflow topics describe orders', 'payflow topics describe orders payments --json')
  registerAddPartitions(topics, world)
  registerConfigure(topics, world)
  registerReassign(topics, world)
  registerElectLeaders(topics, world)
}

async function runCreate(
  { settings, output, signal, log }: Context,
  { dryRun = false }: { dryRun?: boolean },
  names: readonly string[],
): Promise<void> {
  const { withCluster } = await import('../../app/cluster.ts')
  const { createMissing, describeCreate, layoutOf, missingTopics } = await import('../../app/topics/topics.ts')
  await withCluster(settings, log, async (client) => {
    const layout = await layoutOf(settings)
    if (dryRun) {
      const missing = await missingTopics(client, layout, names)
      output.result({ create: missing }, () => describeCreate(missing))
      return
    }
    const result = await createMissing(client, layout, signal, names)
    output.result(result, () => result.created.map((topic) => `created ${topic}`))
    output.note(`${result.created.length} created, ${result.existing.length} existed`)
  })
}

interface ResetOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function runReset(context: Context, { dryRun = false, yes = false }: ResetOptions): Promise<void> {
  const { settings, output, signal, log } = context
  const { withCluster } = await import('../../app/cluster.ts')
  const { applyReset, describePlan, layoutOf, planReset, readState } = await import('../../app/topics/topics.ts')
  const { queriesOnTopics, refuseWhileQueried } = await import('../../app/ksql/flow.ts')
  const { confirm } = await import('../shell/confirm.ts')
  await withCluster(settings, log, async (client) => {
    const plan = planReset(await readState(client), await layoutOf(settings))
    if (dryRun) {
      const queries = await queriesOnTopics(settings, client, signal)
      if (queries.length > 0) output.note(`first payflow ksql drop: queries run on these topics: ${queries.join(', ')}`)
      output.result(plan, () => describePlan(plan))
      return
    }
    await refuseWhileQueried(settings, client, signal)
    const doomed = `${plan.deleteTopics.length} topics and ${plan.deleteGroups.length} groups`
    const at = settings.brokers.join(', ')
    await confirm(
      context,
      `Delete ${doomed} at ${at}?`,
      yes || !settings.brokersGiven || plan.deleteTopics.length === 0,
    )
    const patienceMs = settings.sessionTimeoutMs + 4_000
    const result = await applyReset(client, plan, { patienceMs, signal }, (line) => output.note(line))
    output.result(result, () => [`${result.deleted.length} topics deleted, ${result.created.length} created`])
  })
}

async function runList({ settings, world, output, log }: Context): Promise<void> {
  const { withCluster } = await import('../../app/cluster.ts')
  const { listAll } = await import('../../app/topics/topics.ts')
  const topics = await withCluster(settings, log, listAll)
  const { fitTable } = await import('../views/top/fit-table.ts')
  const columns: Column<TopicInfo>[] = [
    { title: 'topic', cell: ({ topic }) => topic, shrinksTo: 16, cutAt: 'middle' },
    { title: 'partitions', cell: ({ partitions }) => formatNumber(partitions), right: true },
    { title: 'replicas', cell: ({ replicationFactor }) => formatNumber(replicationFactor), right: true },
    { title: 'records', cell: ({ records }) => (records === null ? '?' : formatNumber(records)), right: true },
  ]
  const { head, lines } = fitTable(columns, topics, { width: lineWidth(world) })
  output.result(topics, () => [head, ...lines])
}

async function runDescribe({ settings, output, log }: Context, _: object, names: readonly string[]): Promise<void> {
  const { withCluster } = await import('../../app/cluster.ts')
  const { describeExisting } = await import('../../app/topics/topics.ts')
  const topics = await withCluster(settings, log, (client) => describeExisting(client, names))
  const rows = topics.flatMap(({ topic, partitions }) =>
    partitions.map((p) => [
      topic,
      p.partition,
      p.leader < 0 ? 'none' : p.leader,
      p.preferred,
      p.replicas.join(','),
      p.isr.join(','),
      p.start ?? '?',
      p.end ?? '?',
      p.bytes ?? '?',
    ]),
  )
  const head = ['topic', 'partition', 'leader', 'preferred', 'replicas', 'in sync', 'start', 'end', 'bytes']
  output.result(topics, () => table(head, rows))
}
