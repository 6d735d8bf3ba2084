import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { lines as wholeNumber } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

export function registerGroupReset(groups: Command, world: World): void {
  const reset = groups
    .command('reset')
    .argument('<group>', 'its name, such as payflow-large-orders')
    .requiredOption(
      '--to <position>',
      'start, end, an offset, +N, -N, or @TIME: ISO-8601, or @-10m for ten minutes ago',
    )
    .option('--topic <topic>', 'only its offsets in this topic')
    .option('--partition <n>', 'only in this partition', wholeNumber)
    .option('--dry-run', 'only show what would move')
    .option('-y, --yes', 'move it; without this, what would move is shown')
    .description('move the offsets of a group that has no members')
    .action(action(world, run))
  examples(
    reset,
    'payflow groups reset payflow-large-orders --to start',
    'payflow groups reset payflow-large-orders --to @-10m --yes',
    'payflow groups reset billing --to -100 --topic large_orders --partition 2 --yes',
  )
}

interface Options {
  readonly to: string
  readonly topic?: string
  readonly partition?: number
  readonly dryRun?: boolean
  readonly yes?: boolean
}

async function run(context: Context, options: Options, [group = '']: readonly string[]): Promise<void> {
  const { settings, output, signal, log } = context
  const { withCluster } = await import('../../app/cluster.ts')
  const { readTarget } = await import('../../app/group-reset/target.ts')
  const { applyGroupReset, countMoves, readGroupFacts } = await import('../../app/group-reset/reset.ts')
  const { planGroupReset } = await import('../../app/group-reset/plan.ts')
  const { groupResetLines } = await import('../views/group-reset.ts')
  const { defaultWorkers: workers } = await import('../../pipeline/workers/index.ts')
  const { to, topic, partition, dryRun = false, yes = false } = options
  const target = readTarget(to, Date.now())
  await withCluster(settings, log, async (client) => {
    const asked = { target, scope: { topic, partition } }
    const facts = await readGroupFacts(client, group, asked, { workers, signal })
    const plan = planGroupReset(facts, target)
    const counted = await countMoves(client, facts, plan.moves)
    const moved = yes && !dryRun && plan.moves.length > 0
    if (moved) await applyGroupReset(client, plan, settings.sessionTimeoutMs, signal)
    const seconds = plan.rate === null ? null : counted.again / plan.rate
    output.result({ ...plan, ...counted, seconds, moved }, () => groupResetLines({ plan, ...counted, moved }))
    const possible = plan.refusal === undefined && plan.members.length === 0
    if (!moved && plan.moves.length > 0) output.note(`Nothing was moved${possible ? ': --yes does it' : ''}`)
  })
}
