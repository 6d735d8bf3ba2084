import type { Command } from 'commander'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { action, examples, type Context } from '../shell/action.ts'
import type { World } from '../shell/world.ts'

const usageExamples = [
  'payflow audit',
  'payflow audit large-orders --threshold 250',
  'payflow audit aggregated-revenue process-payments --json',
  'payflow audit ./my-worker.js',
  'payflow audit --ksql',
]

export function registerAudit(program: Command, world: World): void {
  // As with `worker`, the workers' own options come from their definitions, which only the action loads.
  const audit = program
    .command('audit')
    .description('recompute what each worker must have written, and compare; exit code 4 for a difference')
    .usage('[options] [worker]...')
    .argument('[workers...]', 'which workers (all); one that ran with other options needs the same ones here')
    .option('--ksql', "compare the workers' answers with ksqlDB's instead, once both have read everything")
    .helpOption(false)
    .option('-h, --help', 'explain this command')
    .allowUnknownOption()
  audit.action(action(world, (context, options: Options, argv) => run(context, options, argv, audit)))
}

interface Options {
  readonly help?: boolean
  readonly ksql?: boolean
}

async function run(
  context: Context,
  { help, ksql }: Options,
  argv: readonly string[],
  command: Command,
): Promise<void> {
  const { defaultWorkers } = await import('../../pipeline/workers/index.ts')
  if (help === true) return explain(command, defaultWorkers)
  if (ksql === true) return (await import('../tasks/audit-ksql.ts')).runKsqlAudit(context)
  const { loadWorkerFiles } = await import('../../app/workers/files.ts')
  const { parseWorkers } = await import('./worker-command-line.ts')
  const { withCluster } = await import('../../app/cluster.ts')
  const { auditChoices, chooseAuditable } = await import('../../app/audit/audit.ts')
  const { failOnDifference, reportLines } = await import('../views/audit-report.ts')
  const { runAudit } = await import('../tasks/audit.ts')
  const { argv: words, known } = await loadWorkerFiles(argv, defaultWorkers, context.world.cwd)
  const typed = parseWorkers(command, words, known)
  const named = typed.choices.length > 0 && !typed.apart
  const { choices } = named ? typed : parseWorkers(command, ['all', ...argv], defaultWorkers)
  const { world, settings, output, signal, log } = context
  world.stopWith({ message: 'Stopping the audit', outcome: 'interrupted' })
  const report = await withCluster(settings, log, async (client) => {
    const { present, absent } = await chooseAuditable(client, auditChoices(choices), named)
    for (const { worker, topics } of absent)
      output.note(`${worker} is skipped: it has never run here, and there is no topic ${topics.join(', ')}`)
    return runAudit(context, client, present, signal)
  })
  output.result(report, () => reportLines(report, output.out))
  failOnDifference(report)
}

async function explain(command: Command, known: readonly AnyWorker[]): Promise<void> {
  const { commandOf } = await import('./worker-command-line.ts')
  const shown = commandOf(command, known).usage(command.usage()).description(command.description())
  for (const option of command.options) shown.addOption(option)
  examples(shown, ...usageExamples).outputHelp()
}
