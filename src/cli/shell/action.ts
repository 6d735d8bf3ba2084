import process from 'node:process'
import type { Command } from 'commander'
import type { Settings } from '../../settings/resolve.ts'
import { allOf, noLog, type Log } from '../../log.ts'
import { logTo } from './log.ts'
import { createOutput, isVerbose, type Output, type OutputOptions } from './output.ts'
import { failureOf, markAsLogged } from './report-error.ts'
import type { World } from './world.ts'

export interface Context {
  readonly world: World
  readonly settings: Settings
  readonly output: Output
  readonly signal: AbortSignal
  /** Whatever is not an event of the runtime: `--verbose` shows it too. */
  readonly log: Log
  /** The log that was asked for, and nothing else: for events, which are shown in words anyway. */
  readonly journal: Log
  /** Stderr holds the log: what is written there in words otherwise is only in the log. */
  readonly logsToStderr: boolean
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
    const { journal, logsToStderr, close } = await openJournal(world, settings, options)
    const output = await createOutput(world, options, logsToStderr ? journal : undefined)
    const log = logsToStderr ? journal : allOf(logTo(output), journal)
    // what a child would say its parent has said
    if (world.parent === undefined) for (const warning of weaknesses(settings)) output.note(`Warning: ${warning}`)
    journal('info', 'begun', { command: command.name(), pid: process.pid })
    try {
      await handler({ world, settings, output, signal: world.signal, log, journal, logsToStderr }, options, operands)
      journal('info', 'ended', { command: command.name(), pid: process.pid })
    } catch (error) {
      logFailure(journal, error)
      if (logsToStderr) markAsLogged(error)
      throw error
    } finally {
      close()
    }
  }
}

/** The log that was asked for; nothing is loaded where nobody asked. */
async function openJournal(
  world: World,
  settings: Settings,
  options: OutputOptions,
): Promise<{ journal: Log; logsToStderr: boolean; close: () => void }> {
  const { logFile, origins } = settings
  const isAsked = logFile !== undefined || origins.logLevel.kind !== 'default' || origins.logFormat.kind !== 'default'
  if (!isAsked) return { journal: noLog, logsToStderr: false, close: () => undefined }
  const { logsToStderr, openLog } = await import('../../app/log/open.ts')
  const stderr = (line: string): void => void world.stderr.write(`${line}\n`)
  const { log, close } = openLog(settings, { verbose: isVerbose(world, options), stderr })
  return { journal: log, logsToStderr: logsToStderr(settings), close }
}

function logFailure(journal: Log, error: unknown): void {
  const { code, message, hint } = failureOf(error)
  journal('error', 'failed', { code, error: message, hint, pid: process.pid })
}

/** Adds examples at the end of a command's help. */
export function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`)
}
