import { CommanderError } from 'commander'
import { PayflowError, messageOf } from '../errors.ts'
import { isBrokerError, asPayflowError } from '../kafka/broker-errors.ts'
import { bugExitCode, exitCodes } from './exit-codes.ts'
import type { Palette } from './output.ts'

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
  return {
    exitCode: bugExitCode,
    code: 'BUG',
    message: `This is a bug in payflow: ${messageOf(error)}`,
    hint: 'report it with the output of the same command and --verbose',
  }
}

/** One line what went wrong, one what to do; the stack only when asked. With `json`, one JSON line. */
export function describeFailure(
  error: unknown,
  { json, verbose, color }: { json: boolean; verbose: boolean; color: Pick<Palette, 'red' | 'dim'> },
): { lines: string[]; exitCode: number } {
  const { exitCode, code, message, hint } = failureOf(error)
  if (json) return { lines: [JSON.stringify({ error: { code, message, hint } })], exitCode }
  const stack = verbose && error instanceof Error && !(error instanceof CommanderError) ? stackLines(error) : []
  return { lines: [`${color.red('Error:')} ${message}`, `${color.dim('→')} ${hint}`, ...stack], exitCode }
}

function stackLines(error: Error): string[] {
  const own = error.stack ?? String(error)
  return [...own.split('\n'), ...(error.cause instanceof Error ? ['caused by:', ...stackLines(error.cause)] : [])]
}
