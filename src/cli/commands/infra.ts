import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import type { Engine } from '../../infra/engine.ts'
import { addSettings } from '../shell/setting-options.ts'
import { lines } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

export function registerInfra(program: Command, world: World): void {
  const infra = program.command('infra').description('start, stop and look at the brokers')
  examples(infra, 'payflow infra up --nodes 3', 'payflow infra status --json', 'payflow infra down')
  const up = addSettings(infra.command('up'), 'kafka', 'nodes')
    .description('start the brokers; returns when they serve requests')
    .option('--no-ksql', 'without ksqlDB')
    .action(action(world, runUp))
  examples(
    up,
    'payflow infra up',
    'payflow infra up --engine local --nodes 3',
    'payflow infra up --kafka 4',
    'PAYFLOW_KAFKA_PORT=0 payflow infra up',
  )
  const down = addSettings(infra.command('down'), 'kafka')
    .description('stop the brokers')
    .option('--volumes', 'remove their data too')
    .action(action(world, runDown))
  examples(down, 'payflow infra down', 'payflow infra down --volumes')
  const status = addSettings(infra.command('status'), 'kafka')
    .description('what runs, and where')
    .action(action(world, runStatus))
  examples(status, 'payflow infra status', 'payflow infra status --json')
  const logs = addSettings(infra.command('logs'), 'kafka')
    .description('what the brokers wrote')
    .argument('[service]', 'one of them, such as kafka or zookeeper')
    .option('-f, --follow', 'go on with what they write')
    .option('-n, --lines <n>', 'how many lines of each', lines, 100)
    .action(action(world, runLogs))
  examples(logs, 'payflow infra logs', 'payflow infra logs kafka -f -n 20')
}

async function runUp(context: Context, { ksql }: { ksql: boolean }): Promise<void> {
  const { world, settings, output, signal, log } = context
  world.stopWith({ message: 'Stopping what was started', outcome: 'interrupted' })
  const { up, exportsOf, kindOfStart } = await import('../../app/infra.ts')
  const { comparedWithLast } = await import('../../app/phase-times.ts')
  const { runSteps } = await import('../tasks/steps.ts')
  let result: Awaited<ReturnType<typeof up>> | undefined
  let forget = (): void => undefined
  const onEngine = (engine: Engine): void => void (forget = world.atForcedExit(() => engine.endNow()))
  let seconds = 0
  const run = async (report: (line: string) => void): Promise<string> => {
    const beganMs = performance.now()
    result = await up(settings, world.env, { ksql, log }, { report, signal, onEngine })
    seconds = Math.round(performance.now() - beganMs) / 1000
    return `${result.started ? 'ready' : 'running already'}, engine ${result.status.engine}`
  }
  await runSteps(world, output, [{ title: 'Brokers', run }]).finally(() => forget())
  const { status, started, causes } = result!
  const times = { phases: { brokers: seconds }, causes: { brokers: causes } }
  for (const line of started
    ? comparedWithLast(settings.home, kindOfStart('infra up', settings, status), times, log)
    : [])
    output.note(line)
  output.result(status, () => [...addressLines(status), '', ...exportsOf(settings, status)])
  for (const line of ['', 'Next:', '  payflow all', '  payflow topics create', '  payflow infra down'])
    output.note(line)
}

interface Addresses {
  readonly brokers: readonly string[]
  readonly zookeeper: string | null
  readonly ksql: string | null
  readonly kafka?: string
}

function addressLines({ brokers, zookeeper, ksql, kafka }: Addresses): string[] {
  return [
    ...(kafka === undefined ? [] : [`kafka      ${kafka}`]),
    `brokers    ${brokers.join(', ')}`,
    `zookeeper  ${zookeeper ?? '-'}`,
    `ksqldb     ${ksql ?? '-'}`,
  ]
}

async function runDown(
  { world, settings, output, log }: Context,
  { volumes = false }: { volumes?: boolean },
): Promise<void> {
  world.stopWith({ message: 'The brokers are being stopped', outcome: 'interrupted' })
  const { engineOf } = await import('../../app/infra.ts')
  const { runSteps } = await import('../tasks/steps.ts')
  const { engine } = await engineOf(settings, world.env, { log })
  const run = async (report: (line: string) => void): Promise<string> => {
    const { stopped } = await engine.down({ volumes }, report)
    return `${stopped ? 'stopped' : 'nothing was running'}${volumes ? ', data removed' : ''}`
  }
  await runSteps(world, output, [{ title: 'Brokers', run }])
}

async function runStatus({ world, settings, output, log }: Context): Promise<void> {
  const { engineOf } = await import('../../app/infra.ts')
  const { engine, reason } = await engineOf(settings, world.env, { log })
  const status = await engine.status()
  output.detail(`engine ${reason}`)
  const state = status.running ? 'running' : 'not running'
  output.result(status, () => [`engine     ${status.engine}`, `state      ${state}`, ...addressLines(status)])
}

interface LogsOptions {
  readonly follow?: boolean
  readonly lines: number
}

async function runLogs(
  { world, settings, output, signal, log }: Context,
  options: LogsOptions,
  operands: readonly string[],
) {
  const [service] = operands
  const { follow = false } = options
  if (follow) world.stopWith({ message: 'Closing the logs', outcome: 'done' })
  const { engineOf } = await import('../../app/infra.ts')
  const { engine } = await engineOf(settings, world.env, { log })
  const wanted = { ...(service !== undefined && { service }), follow, lines: options.lines }
  await engine.logs(wanted, (line) => output.line(line), signal)
}
