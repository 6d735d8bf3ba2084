import type { Command } from 'commander'
import { action, examples, type Context } from '../shell/action.ts'
import type { World } from '../shell/world.ts'

export function registerInit(program: Command, world: World): void {
  const init = program
    .command('init')
    .argument('<name>', 'of the worker: lower-case words joined by dashes')
    .description('write a worker, its test and a README, that run as they stand')
    .option('--ts', 'in TypeScript, which Node 22.18 and newer run as it is')
    .option('--directory <dir>', 'where to write it, instead of a new directory of its name')
    .action(action(world, run))
  examples(init, 'payflow init fraud-score', 'payflow init fraud-score --ts', 'payflow init fraud-score --directory .')
}

interface Options {
  readonly ts?: boolean
  readonly directory?: string
}

async function run({ world, output }: Context, { ts = false, directory }: Options, [name = '']: readonly string[]) {
  const { initWorker } = await import('../../app/init/init.ts')
  const { aligned } = await import('../../app/init/templates.ts')
  const written = initWorker({ name, directory: directory ?? name, typescript: ts }, world.cwd)
  const { directory: to, files, kept, next } = written
  output.result({ directory: to, files, kept, next: next.map(([command]) => command) }, () => [
    ...files.map((file) => `wrote ${file}`),
    ...kept.map((file) => `kept  ${file}, which was there`),
    '',
    'next:',
    ...aligned(next).map((line) => `  ${line}`),
  ])
}
