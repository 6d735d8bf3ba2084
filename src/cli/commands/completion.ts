import { Argument, type Command } from 'commander'
import { COMPLETE, scripts, shells, type Shell } from '../completion/scripts.ts'
import { examples } from '../shell/action.ts'
import type { World } from '../shell/world.ts'

export function registerCompletion(program: Command, world: World): void {
  const completion = program
    .command('completion')
    .addArgument(new Argument('<bash|zsh|fish>', 'which shell').choices(shells))
    .description('a script that completes commands, options and names of topics, groups and workers')
    .action((shell: Shell) => void world.stdout.write(scripts[shell]))
  examples(
    completion,
    'eval "$(payflow completion bash)"        # in ~/.bashrc',
    'eval "$(payflow completion zsh)"         # in ~/.zshrc',
    'payflow completion fish > ~/.config/fish/completions/payflow.fish',
  )
  const words = program
    .command(COMPLETE, { hidden: true })
    .argument('[words...]', 'a command line after the program; the last word is to be completed')
    .description('what the scripts of `payflow completion` ask')
    .action(async (line: readonly string[]) => {
      const { complete } = await import('../completion/complete.ts')
      const found = await complete(program, world, line)
      world.stdout.write(found.map((each) => `${each}\n`).join(''))
    })
  examples(words, `payflow ${COMPLETE} -- tail ord`)
}
