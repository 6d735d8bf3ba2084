import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { pollInterval } from '../shell/parsers.ts'
import type { World } from '../shell/world.ts'

interface Typed {
  readonly interval: number
  readonly once?: boolean
  readonly anonymize?: boolean
}

export function registerTop(program: Command, world: World): void {
  const top = program
    .command('top')
    .description('watch brokers, topics and workers: lag, trend, rates, states; worst first')
    .option('--interval <duration>', 'between two looks', pollInterval, 2_000)
    .option('--once', 'look once, print it and end')
    .option('--anonymize', 'hide hosts, keys and names of users')
    .action(action(world, run))
  examples(
    top,
    'payflow top',
    'payflow top --interval 500ms',
    'payflow top --once',
    'payflow top --json --interval 10s >> lag.jsonl',
  )
}

async function run(context: Context, { interval, once = false, anonymize = false }: Typed): Promise<void> {
  const { runTop } = await import('../tasks/top.ts')
  await runTop(context, { intervalMs: interval, once, anonymize })
}
