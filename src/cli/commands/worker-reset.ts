import type { Command } from 'commander'
import { namedWorkers } from './named-workers.ts'
import { action, examples, type Context } from '../shell/action.ts'
import type { World } from '../shell/world.ts'

export function registerWorkerReset(worker: Command, world: World): void {
  const reset = worker
    .command('reset')
    .helpOption('-h, --help', 'explain this command')
    .argument('[names...]', 'workers to rebuild; those that read what they write are rebuilt with them')
    .description('rebuild workers from their inputs: offsets, state, inbox and output are deleted and built again')
    .option('--keep-output', 'leave the output as it is: every result appears in it a second time')
    .option('--dry-run', 'only show what would be done')
    .option('-y, --yes', 'do not ask')
  reset.action(action(world, (context, options: Options, names) => run(context, options, names, reset)))
  examples(
    reset,
    'payflow worker reset aggregated-revenue --dry-run',
    'payflow worker reset ./my-worker.js --yes',
    'payflow worker reset failed-payments --yes && payflow worker failed-payments frequent-failed-payments',
  )
}

interface Options {
  readonly keepOutput?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly help?: boolean
}

async function run(context: Context, options: Options, names: readonly string[], command: Command): Promise<void> {
  // `worker` reads --help itself, because it loads its workers for it.
  if (options.help) {
    command.outputHelp()
    return
  }
  const { settings, output, signal, log } = context
  const { workers: named, known } = await namedWorkers(names, context.world, {
    what: 'No worker to rebuild is named',
    hint: 'name one or more: `payflow worker list` shows them',
  })
  const { replicationFactorOf, withCluster } = await import('../../app/cluster.ts')
  const { applyWorkerReset, readWorkerReset } = await import('../../app/workers/reset.ts')
  const { describeWorkerReset } = await import('../../app/workers/reset-plan.ts')
  const { confirm } = await import('../shell/confirm.ts')
  const { keepOutput = false, dryRun = false, yes = false } = options
  await withCluster(settings, log, async (client) => {
    const replicationFactor = await replicationFactorOf(settings)
    const wanted = { keepOutput, partitions: settings.partitions, replicationFactor }
    const plan = await readWorkerReset(client, named, known, wanted, signal)
    if (dryRun) {
      output.result(plan, () => describeWorkerReset(plan))
      return
    }
    for (const note of plan.notes) output.note(note)
    const { sessionTimeoutMs, brokers, brokersGiven } = settings
    const doomed = [...plan.deleteOutputs, ...plan.deleteInternal]
    if (plan.members.length === 0 && doomed.length > 0)
      await confirm(context, `Delete ${doomed.join(', ')} at ${brokers.join(', ')}?`, yes || !brokersGiven)
    await applyWorkerReset(client, plan, { sessionTimeoutMs, signal }, (line) => output.detail(line))
    output.result(plan, () => plan.workers.map((name) => `${name} starts from the beginning`))
  })
}
