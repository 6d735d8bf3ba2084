import type { Command } from 'commander'
import { PayflowError } from '../../errors.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { lineWidth } from '../shell/output.ts'
import { markAsLogged } from '../shell/report-error.ts'
import type { World } from '../shell/world.ts'

export function registerWhy(program: Command, world: World): void {
  const why = program
    .command('why')
    .argument('<worker>', 'such as process-payments, or the name of a custom worker')
    .description('why a worker lags, measured over some seconds; exit code 0: nothing holds it up, 1: something does')
    .action(action(world, run))
  examples(why, 'payflow why process-payments', 'payflow why large-orders --json')
}

async function run({ settings, world, output, signal, log }: Context, _: object, [name = '']: readonly string[]) {
  world.stopWith({ message: 'Stopping', outcome: 'interrupted' })
  const { why } = await import('../../app/why/why.ts')
  const { whyLines } = await import('../views/why-view.ts')
  const explanation = await why(settings, name, { log, signal })
  const { view, seconds, arrivingPerSecond, processedPerSecond, findings } = explanation
  const { lag, lagSeconds, running } = view
  const document = { worker: name, ok: findings.length === 0, running, lag, lagSeconds, seconds, arrivingPerSecond, processedPerSecond, findings } // prettier-ignore
  output.result(document, () => whyLines(explanation, output.out, Math.max(lineWidth(world), 40)))
  if (findings.length === 0) return
  const [first] = findings
  const failure = new PayflowError('NOT_WELL', first!.text, { kind: 'failed', hint: first!.command })
  markAsLogged(failure) // it is told with all the others
  throw failure
}
