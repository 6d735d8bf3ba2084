import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { addSettings } from '../shell/setting-options.ts'
import { addFlowOptions, flowOptionsOf, type TypedFlow } from './flow-options.ts'
import { PAGE_ADDRESS } from '../tasks/page-address.ts'
import { listen } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

interface TypedAll extends TypedFlow {
  readonly keepData?: boolean
  readonly keepInfra?: boolean
  readonly reset?: boolean
  readonly explain?: boolean
  readonly dashboard?: true | string
  readonly audit?: boolean
  readonly chaos?: boolean
  readonly ksql: boolean
}

export function registerAll(program: Command, world: World): void {
  const all = program
    .command('all')
    .description('everything: brokers, topics, workers and producers, then a live view until Ctrl-C')
  addSettings(addFlowOptions(all), 'kafka', 'nodes', 'partitions', 'http', 'otel')
    .option('--keep-data', 'keep the topics and create only what is missing')
    .option('--keep-infra', 'leave the brokers running at the end')
    .option('--reset', 'delete and re-create the topics even on your own cluster')
    .option('--no-ksql', 'without ksqlDB')
    .option('--audit', 'end with an audit of all that the workers wrote (exit code 4 for a difference)')
    .option('--chaos', 'break workers and brokers during the run; ends with an audit')
    .option('--dashboard [host:port]', 'show the run in the browser, at 127.0.0.1:8808 unless told otherwise', listen)
    .option('--explain', 'only show what would be done, and what each step replaces')
    .action(action(world, run))
  examples(
    all,
    'payflow all',
    'payflow all --duration 30s --json',
    'payflow all --chaos --duration 60s',
    'payflow all --dashboard',
    'payflow all --count 1000 --rate max --seed 7',
    'payflow all --engine docker --no-ksql --keep-infra',
    'payflow all --kafka 4 --nodes 3',
  )
}

async function run(context: Context, typed: TypedAll): Promise<void> {
  const { settings, output } = context
  const {
    keepData = false,
    keepInfra = false,
    reset = false,
    explain = false,
    ksql,
    chaos = false,
    audit = chaos,
  } = typed
  const options = { ...flowOptionsOf(typed), keepData, keepInfra, reset, ksql, chaos, audit }
  if (explain) {
    const { explainAll } = await import('../../app/run/steps.ts')
    const plan = explainAll(settings, options)
    const { bold, dim } = output.out
    output.result(plan, () =>
      plan.flatMap(({ step, does, replaces }) => [bold(step), `  ${does}`, `  ${dim(`instead of: ${replaces}`)}`]),
    )
    return
  }
  const { runAll } = await import('../tasks/all.ts')
  const { dashboard } = typed
  await runAll(context, options, dashboard === true ? PAGE_ADDRESS : dashboard)
}
