import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { lineWidth } from '../shell/output.ts'
import { duration } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

const BUDGET_MS = 60_000

export function registerTrace(program: Command, world: World): void {
  const trace = program
    .command('trace')
    .argument('<id>', 'of an order, or of a payment for it')
    .description('the way of one order through every topic, and why it is where it is')
    .option('--for <time>', 'search for so long at most (1m)', duration)
    .action(action(world, run))
  examples(
    trace,
    'payflow trace 0e5fd5cb-9b0c-4b58-8e6d-1d2c3b4a5f60',
    'payflow trace 0e5fd5cb-9b0c-4b58-8e6d-1d2c3b4a5f60 --json',
  )
}

async function run(
  { world, settings, output, signal, log }: Context,
  { for: budgetMs = BUDGET_MS }: { for?: number },
  [id = '']: readonly string[],
): Promise<void> {
  world.stopWith({ message: 'Stopping the search', outcome: 'interrupted' })
  const [{ withCluster }, { checkTraceId, traceOrder }, { traceDocument, traceLines }] = await Promise.all([
    import('../../app/cluster.ts'),
    import('../../app/trace/trace.ts'),
    import('../views/trace-view.ts'),
  ])
  checkTraceId(id)
  const trace = await withCluster(settings, log, (client) => traceOrder(client, id, { budgetMs, signal }))
  const width = lineWidth(world)
  output.result(traceDocument(trace), () => traceLines(trace, { width, palette: output.out }))
}
