import type { Command } from 'commander'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import type { WorkerEvent } from '../../runtime/events.ts'
import type { WorkerSummary } from '../../runtime/run-workers.ts'
import type { ParsedWorkers } from './worker-command-line.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { table } from '../shell/output.ts'
import { addSettings } from '../shell/setting-options.ts'
import type { World } from '../shell/world.ts'
import { registerWorkerCheck } from './worker-check.ts'
import { registerWorkerReset } from './worker-reset.ts'
import { registerWorkerState } from './worker-state.ts'

const usageExamples = [
  'payflow worker list',
  'payflow worker large-orders --threshold 250',
  'payflow worker large-orders frequent-failed-payments --large-orders.threshold 250',
  'payflow worker all --until-caught-up --json',
  'payflow worker ./my-worker.js',
  'payflow worker --watch ./my-worker.js',
]

export function registerWorker(program: Command, world: World): void {
  // The workers' own options come from their definitions, which only its action loads: it reads them, and shows the help.
  const worker = addSettings(
    program.command('worker'),
    'compression',
    'sessionTimeout',
    'transactionTimeout',
    'stateMemory',
    'http',
    'otel',
  )
    .description('run workers: they derive topics from topics, exactly once')
    .usage('[options] <name or file>... | all | list | check | explain | reset | state')
    .argument('[names...]', 'workers to run in this process, or your own files; all: each in its own process')
    .option('--until-caught-up', 'end when nothing is left to read')
    .option('--watch', 'start again when a file of a worker changes, or one that it imports')
    .helpOption(false)
    .option('-h, --help', 'explain this command')
    .allowUnknownOption()
  worker.action(action(world, (context, options: Options, argv) => run(context, options, argv, worker)))
  const list = worker.command('list').helpOption('-h, --help', 'explain this command')
  examples(
    list
      .description('the workers, their topics and options')
      .action(action(world, (context, { help }: Options) => (help ? list.help() : runList(context)))),
    'payflow worker list',
    'payflow worker list --json',
  )
  registerWorkerCheck(worker, world)
  registerWorkerReset(worker, world)
  registerWorkerState(worker, world)
}

interface Options {
  readonly untilCaughtUp?: boolean
  readonly watch?: boolean
  readonly help?: boolean
}

async function run(context: Context, options: Options, argv: readonly string[], command: Command): Promise<void> {
  const { defaultWorkers } = await import('../../pipeline/workers/index.ts')
  const { commandOf, parseWorkers } = await import('./worker-command-line.ts')
  const { untilCaughtUp = false, watch = false, help = false } = options
  if (watch && !help) {
    stopGracefully(context.world)
    return (await import('./worker-watch.ts')).runWatch(context, argv, command)
  }
  const { argv: words, known } = await load(context, argv, defaultWorkers)
  const explain = (): Command => {
    const inner = commandOf(command, known).usage(command.usage()).description(command.description())
    for (const option of command.options) inner.addOption(option)
    return examples(inner, ...usageExamples)
  }
  if (help) {
    explain().outputHelp()
    return
  }
  const parsed = parseWorkers(command, words, known)
  if (parsed.choices.length === 0) return explain().help({ error: true })
  stopGracefully(context.world)
  const summaries = await (parsed.apart ? runApart : runTogether)(context, parsed, untilCaughtUp)
  showSummaries(context, summaries)
}

/** Whoever watches this process has passed the signal on, and said so. */
function stopGracefully({ stopWith, parent }: World): void {
  const message = parent?.wantsFiles ? undefined : 'Stopping: the open transactions are ended'
  stopWith({ message, outcome: 'done' })
}

/** Loads the files that are named. Whoever watches them is told which ones these are, even if one has a mistake. */
async function load({ world }: Context, argv: readonly string[], builtIn: readonly AnyWorker[]) {
  const { loadWorkerFiles } = await import('../../app/workers/files.ts')
  try {
    return await loadWorkerFiles(argv, builtIn, world.cwd)
  } finally {
    if (world.parent?.wantsFiles) {
      const { loadedFiles } = await import('../../app/workers/import-file.ts')
      world.parent.tell({ type: 'files', files: loadedFiles() })
    }
  }
}

async function runTogether(
  context: Context,
  { choices }: ParsedWorkers,
  untilCaughtUp: boolean,
): Promise<WorkerSummary[]> {
  const { settings, world, signal, log } = context
  const { runHere } = await import('../../app/workers/run-here.ts')
  const { eventMessage, summaryMessage } = await import('../../app/workers/messages.ts')
  const { isFrequent } = await import('../../runtime/events.ts')
  const { tellEvent } = await import('../views/worker-events.ts')
  const { observeWorkers } = await import('../tasks/observe.ts')
  const { openTracing } = await import('../tasks/tracing.ts')
  const observing = await observeWorkers(context, choices)
  const onEvent = (event: WorkerEvent): void => {
    if (world.parent && !isFrequent(event)) world.parent.tell(eventMessage(event))
    observing?.metrics.onEvent(event)
    tellEvent(context, event)
  }
  const [only, ...others] = choices
  const service = only && others.length === 0 ? `payflow-${only.definition.name}` : 'payflow-workers'
  const tracing = await openTracing(context, service, (fields) => onEvent({ kind: 'warning', code: 'otel', fields }))
  await world.parent?.permission()
  const run = runHere(settings, choices, {
    untilCaughtUp,
    signal,
    onEvent,
    log,
    metrics: observing?.metrics,
    tracing: tracing?.workers,
    restarts: world.parent?.restarts,
  })
  const summaries = await run.finally(() => Promise.all([observing?.end(), tracing?.close()]))
  for (const summary of summaries) world.parent?.tell(summaryMessage(summary))
  return summaries
}

async function runApart(
  context: Context,
  { choices }: ParsedWorkers,
  untilCaughtUp: boolean,
): Promise<WorkerSummary[]> {
  const { settings, world, output, signal, log } = context
  const { WorkerProcesses } = await import('../../app/workers/processes.ts')
  const { tellEvent } = await import('../views/worker-events.ts')
  const { serve } = await import('../tasks/observe.ts')
  const { keepLogs } = await import('../../app/log/kept.ts')
  const { allOf } = await import('../../log.ts')
  const workers = choices.map(({ definition }) => definition.name)
  const kept = keepLogs(settings, { run: 'worker-all', workers, verbose: output.verbose, log })
  const processes = new WorkerProcesses(settings, world.env, choices, {
    onEvent: (event) => tellEvent({ ...context, journal: allOf(context.journal, kept.log) }, event),
    log: allOf(log, kept.log),
    logs: kept,
  })
  output.note(`logs of their processes: ${kept.directory}`)
  const forget = world.atForcedExit(() => processes.kill())
  const stop = await serve(context, () => processes.observed())
  try {
    return await processes.run({ untilCaughtUp, signal })
  } finally {
    forget()
    await stop()
    kept.close()
  }
}

function showSummaries({ output }: Context, summaries: readonly WorkerSummary[]): void {
  for (const summary of output.json ? summaries : []) output.document(summary)
  if (output.json) return
  const rows = summaries.map((s) => [s.worker, s.processed, s.emitted, s.deadLetters, `${s.seconds.toFixed(1)} s`])
  for (const line of table(['worker', 'processed', 'emitted', 'dead letters', 'time'], rows)) output.line(line)
}

async function runList({ output }: Context): Promise<void> {
  const { defaultWorkers } = await import('../../pipeline/workers/index.ts')
  const list = defaultWorkers.map(({ name, summary, inputs, output: written, options = {} }) => ({
    worker: name,
    summary,
    inputs: Object.values(inputs).map((input) => input.name),
    output: written.name,
    options: Object.values(options).map(({ flag, description, default: usual }) => ({
      flag,
      description,
      default: usual,
    })),
  }))
  const rows = list.map(({ worker, inputs, output: written, options, summary }) => [
    worker,
    `${inputs.join(', ')} → ${written}`,
    options.map(({ flag, default: usual }) => `${flag.split(' ')[0]!} ${usual}`).join(' ') || '-',
    summary,
  ])
  output.result(list, () => table(['worker', 'topics', 'options', 'what it does'], rows))
}
