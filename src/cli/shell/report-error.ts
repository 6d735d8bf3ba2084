import { CommanderError } from 'commander'
import { PayflowError, messageOf } from '../../errors.ts'
import { isBrokerError, asPayflowError } from '../../kafka/errors.ts'
import { BUG_EXIT_CODE, exitCodes } from './exit-codes.ts'
import { visibleLines } from '../../visible-text.ts'
import { mayColor, said, type Palette } from './output.ts'
import { asSystemFailure } from './system-errors.ts'
import type { World } from './world.ts'

interface Failure {
  readonly exitCode: number
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** commander says `error: unknown option '--x'` and, on a second line, `(Did you mean --y?)`. */
function fromCommander(error: CommanderError): Failure {
  const [what = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1')
  const code = error.code.replace(/^commander\./, '').replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase() // prettier-ignore
  const message = what.charAt(0).toUpperCase() + what.slice(1)
  const hint = suggestion.replace(/^Did/, 'did') || 'see the command with --help'
  return { exitCode: exitCodes.usage, code, message, hint }
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) return fromCommander(error)
  if (error instanceof PayflowError)
    return {
      exitCode: exitCodes[error.kind],
      code: error.code,
      message: error.message,
      hint: error.hint ?? 'see more with --verbose',
    }
  if (isBrokerError(error)) return failureOf(asPayflowError(error))
  const refused = asSystemFailure(error)
  if (refused) return failureOf(refused)
  return {
    exitCode: BUG_EXIT_CODE,
    code: 'BUG',
    message: `This is a bug in payflow: ${messageOf(error)}`,
    hint: 'report it with the output of the same command and --verbose',
  }
}

interface FailureStyle {
  readonly json: boolean
  readonly verbose: boolean
  readonly color: Pick<Palette, 'red' | 'dim'>
}

/** What a command line and its environment ask for; the error may have come before any option was read. */
export function failureStyle(argv: readonly string[], world: World): FailureStyle {
  const color = mayColor(world, 'stderr', !argv.includes('--no-color'))
  const paint = (code: number) => (text: string) => (color ? `\u001B[${code}m${text}\u001B[39m` : text)
  return {
    json: argv.includes('--json') || said(world.env.PAYFLOW_JSON),
    verbose: argv.includes('--verbose') || argv.includes('-v') || said(world.env.PAYFLOW_VERBOSE),
    color: { red: paint(31), dim: paint(90) },
  }
}

/** Failures that stand in the log on stderr. */
const logged = new WeakSet<object>()

/** Nothing more is to be said of this failure: the log on stderr has it. */
export function markAsLogged(error: unknown): void {
  if (typeof error === 'object' && error !== null) logged.add(error)
}

/** One line what went wrong, one what to do; the stack only when asked. With `json`, one JSON line. No lines when all is said. */
export function describeFailure(
  error: unknown,
  { json, verbose, color }: FailureStyle,
): { lines: string[]; exitCode: number } {
  if (error instanceof CommanderError && error.exitCode === 0) return { lines: [], exitCode: 0 }
  const { exitCode, code, message, hint } = failureOf(error)
  // commander has shown the help of a command that lacks its subcommand.
  if (error instanceof CommanderError && error.code === 'commander.help') return { lines: [], exitCode }
  if (typeof error === 'object' && error !== null && logged.has(error)) return { lines: [], exitCode }
  if (json) return { lines: [JSON.stringify({ error: { code, message, hint } })], exitCode }
  const stack = verbose && error instanceof Error && !(error instanceof CommanderError) ? stackLines(error) : []
  return {
    lines: [`${color.red('Error:')} ${visibleLines(message)}`, `${color.dim('→')} ${visibleLines(hint)}`, ...stack],
    exitCode,
  }
}

function stackLines(error: Error): string[] {
  const own = error.stack ?? String(error)
  return [...own.split('\n'), ...(error.cause instanceof Error ? ['caused by:', ...stackLines(error.cause)] : [])]
}
