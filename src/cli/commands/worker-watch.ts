import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import type { Command } from 'commander'
import { PayflowError } from '../../errors.ts'
import { packageRoot } from '../../package-root.ts'
import type { WatchEvent } from '../../app/workers/watch.ts'
import type { Context } from '../shell/action.ts'

/** `argv`: names, files and the workers' own options, as they stand in the command line. */
export async function runWatch(context: Context, argv: readonly string[], command: Command): Promise<void> {
  const { filesIn, refuseMissing } = await import('../../app/workers/files.ts')
  const { watchWorkers } = await import('../../app/workers/watch.ts')
  const { world, output, signal } = context
  const paths = filesIn(argv)
  if (paths.length === 0)
    throw new PayflowError('NOTHING_TO_WATCH', '--watch is for files, and none is named', {
      kind: 'usage',
      hint: 'name a file such as ./my-worker.js; `payflow init <name>` writes one',
    })
  const files = paths.map((path) => resolve(world.cwd, path))
  for (const [i, path] of paths.entries()) refuseMissing(path, files[i]!)
  output.note(`watching ${paths.join(', ')} and what ${paths.length === 1 ? 'it imports' : 'they import'}`)
  await watchWorkers({
    command: {
      file: process.execPath,
      arguments: [join(packageRoot, 'bin/payflow.js'), 'worker', ...typedOptions(command), ...argv],
      env: { ...world.env, PAYFLOW_WATCHED: '1' },
    },
    files,
    signal,
    onEvent: (event) => output.note(sentence(event, world.cwd)),
    atForcedExit: (kill) => world.atForcedExit(kill),
  })
}

function sentence(event: WatchEvent, cwd: string): string {
  if (event.kind === 'changed')
    return `${event.files.map((file) => relative(cwd, file)).join(', ')} changed: starting again`
  const why = event.signal === undefined ? (event.exitCode === 0 ? 'ended' : `ended with ${event.exitCode ?? 'an error'}`) : `was ended by ${event.signal}` // prettier-ignore
  return `the worker ${why}: it starts again when a file changes`
}

/** The options of payflow's own that were typed, in the spelling of a command line, without --watch. */
function typedOptions(command: Command): string[] {
  return [command.parent, command].flatMap((each) =>
    (each?.options ?? []).flatMap((option) => {
      const name = option.attributeName()
      if (name === 'watch' || each?.getOptionValueSource(name) !== 'cli') return []
      const value: unknown = each.getOptionValue(name)
      if (typeof value !== 'boolean') return [`${option.long!}=${String(value)}`]
      return value !== option.negate ? [option.long!] : []
    }),
  )
}
