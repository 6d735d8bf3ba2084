import type { Command } from 'commander'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { PayflowError } from '../../errors.ts'
import { namedWorkers } from './named-workers.ts'
import { action, examples, type Context } from '../shell/action.ts'
import type { World } from '../shell/world.ts'

export function registerWorkerCheck(worker: Command, world: World): void {
  const check = withHelp(worker.command('check'))
    .argument('[names...]', 'files, or names of workers')
    .description('what follows from a definition, and whether its steps are what they must be; asks no broker')
  check.action(action(world, (context, options: Options, names) => runCheck(context, options, names, check)))
  examples(
    check,
    'payflow worker check ./my-worker.js',
    'payflow worker check ./totals.js ./alerts.js --json',
    'payflow worker check process-orders',
  )
  const explain = withHelp(worker.command('explain'))
    .argument('[names...]', 'files, or names of workers')
    .description('draw what a worker reads and writes; asks no broker')
    .option('--mermaid', 'as a Mermaid flowchart')
  explain.action(action(world, (context, options: Options, names) => runExplain(context, options, names, explain)))
  examples(explain, 'payflow worker explain ./my-worker.js', 'payflow worker explain all --mermaid')
}

interface Options {
  readonly help?: boolean
  readonly mermaid?: boolean
}

/** `worker` reads --help itself, because it loads its workers for it. */
const withHelp = (command: Command): Command => command.helpOption('-h, --help', 'explain this command')

async function runCheck(context: Context, { help }: Options, names: readonly string[], command: Command) {
  if (help) {
    command.outputHelp()
    return
  }
  const workers = await named(context, names)
  const { checkWorkers } = await import('../../app/workers/check.ts')
  const { checkLines } = await import('../views/worker-check.ts')
  const { output } = context
  const found = checkWorkers(workers)
  output.result(found, () => checkLines(found, output.out))
  if (found.ok) return
  const wrong = [...found.workers.flatMap(({ worker, file, faults }) => faults.map((fault) => `${file ?? worker}: ${fault}`)), ...found.collisions] // prettier-ignore
  throw new PayflowError('WORKER_INVALID', wrong[0]!, {
    kind: 'usage',
    hint: wrong.length === 1 ? 'correct it and check again' : `correct it, and ${wrong.length - 1} more that ${wrong.length === 2 ? 'is' : 'are'} listed above`, // prettier-ignore
  })
}

async function runExplain(context: Context, { help, mermaid }: Options, names: readonly string[], command: Command) {
  if (help) {
    command.outputHelp()
    return
  }
  const workers = await named(context, names)
  const { describeWorker } = await import('../../pipeline/worker/describe.ts')
  const { diagramLines, mermaidLines } = await import('../views/worker-diagram.ts')
  const { isUnicode } = await import('../views/top/symbols.ts')
  const { output, world } = context
  const all = workers.map(describeWorker)
  output.result(all, () => (mermaid ? mermaidLines(all) : all.flatMap((each, i) => [...(i > 0 ? [''] : []), ...diagramLines(each, { isUnicode: isUnicode(world.env) })]))) // prettier-ignore
}

/** @throws PayflowError (usage) */
async function named({ world }: Context, names: readonly string[]): Promise<AnyWorker[]> {
  const { defaultWorkers } = await import('../../pipeline/workers/index.ts')
  const chosen = names.flatMap((name) => (name === 'all' ? defaultWorkers.map((worker) => worker.name) : [name]))
  const { workers } = await namedWorkers(chosen, world, {
    what: 'No worker is named',
    hint: 'name a file such as ./my-worker.js, or one that `payflow worker list` shows',
  })
  return workers
}
