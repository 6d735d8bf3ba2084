import type { Command } from 'commander'
import { PayflowError } from '../../errors.ts'
import { action, examples, type Context } from '../shell/action.ts'
import { lineWidth } from '../shell/output.ts'
import { markAsLogged } from '../shell/report-error.ts'
import type { World } from '../shell/world.ts'

export function registerStatus(program: Command, world: World): void {
  const status = program
    .command('status')
    .description('how everything is; exit code 0: well, 1: something is wrong, 3: the brokers cannot be reached')
    .action(action(world, run))
  examples(status, 'payflow status', 'payflow status --json', 'payflow status || payflow top')
}

async function run({ settings, world, output, log }: Context): Promise<void> {
  const { lookOnce } = await import('../../app/overview/look-once.ts')
  const { shownDocument, statusLines } = await import('../views/status-view.ts')
  const shown = await lookOnce(settings, log)
  output.result(shownDocument(shown), () => statusLines(shown, output.out, lineWidth(world)))
  const { level, text, command } = shown.verdict
  if (level === 'ok' || level === 'info') return
  const failure = new PayflowError('NOT_WELL', text, { kind: 'failed', hint: command })
  markAsLogged(failure) // its first line has said so
  throw failure
}
