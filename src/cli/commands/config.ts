import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import { table } from '../shell/output.ts'
import type { World } from '../shell/world.ts'

export function registerConfig(program: Command, world: World): void {
  const config = program.command('config').description('the settings, and where each came from')
  examples(config, 'payflow config show', 'payflow config show --json')
  const show = config
    .command('show')
    .description('every setting with its value and its origin; secrets are hidden')
    .action(action(world, runShow))
  examples(show, 'payflow config show', 'payflow config show --engine local --json')
}

async function runShow({ settings, output }: Context): Promise<void> {
  const { describeSettings } = await import('../../settings/describe.ts')
  const described = describeSettings(settings)
  output.result(described, () =>
    table(
      ['setting', 'value', 'from'],
      described.map(({ setting, value, origin }) => [setting, value ?? '-', origin]),
    ),
  )
}
