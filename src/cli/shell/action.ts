import type { Command } from 'commander'
import type { Settings } from '../../settings/resolve.ts'
import { createOutput, type Output, type OutputOptions } from './output.ts'
import type { World } from './world.ts'

export interface Context {
  readonly world: World
  readonly settings: Settings
  readonly output: Output
  readonly signal: AbortSignal
}

type Handler<Options> = (context: Context, options: Options, operands: readonly string[]) => Promise<void>

/** Makes a commander action of a handler: resolves settings and output from the options given before and after the command. */
export function action<Options>(world: World, handler: Handler<Options>) {
  return async (...parameters: unknown[]): Promise<void> => {
    const command = parameters.at(-1) as Command
    const options = command.optsWithGlobals<Options & OutputOptions & { config?: string }>()
    const operands = parameters.slice(0, -2).flat().filter((operand) => typeof operand === 'string') // prettier-ignore
    const [{ resolveSettings }, { weaknesses }] = await Promise.all([import('../../settings/resolve.ts'), import('../../settings/weaknesses.ts')]) // prettier-ignore
    const settings = resolveSettings({ options, env: world.env, cwd: world.cwd })
    const output = await createOutput(world, options)
    // what a child would say its parent has said
    if (world.parent === undefined) for (const warning of weaknesses(settings)) output.note(`Warning: ${warning}`)
    await handler({ world, settings, output, signal: world.signal }, options, operands)
  }
}

/** Adds examples at the end of a command's help. */
export function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`)
}
