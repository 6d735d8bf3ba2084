import { Readable, Writable } from 'node:stream'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createProgram } from '../../src/cli/shell/program.ts'
import type { World } from '../../src/cli/shell/world.ts'
import { describeFailure, failureOf, failureStyle } from '../../src/cli/shell/report-error.ts'

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** stdout's lines as JSON. */
  readonly documents: () => Record<string, unknown>[]
}

export interface CommandOptions {
  readonly brokers?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
  /** stdout and stderr are one, of 80 columns. */
  readonly terminal?: boolean
  /** Called with all that the command has written to stdout, whenever there is more. */
  readonly onOutput?: (all: string) => void
  /** The same of stderr. */
  readonly onNotes?: (all: string) => void
  readonly stdin?: string | Buffer
  /** Instead of an empty directory. */
  readonly cwd?: string
}

/** Runs a command line in this process, in a PAYFLOW_HOME of its own, without a terminal unless one is wanted. */
export async function command(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const home = await mkdtemp(join(tmpdir(), 'payflow-command-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const { brokers, env = {}, signal = new AbortController().signal, terminal = false, onOutput, onNotes } = options
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written[name] += chunk.toString()
        if (name === 'stdout') onOutput?.(written.stdout)
        else onNotes?.(written.stderr)
        done()
      },
    })
  const world: World = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env: { PAYFLOW_HOME: home, ...(brokers && { PAYFLOW_BROKERS: brokers.join(',') }), ...env },
    cwd: options.cwd ?? home,
    isTTY: { stdin: false, stdout: terminal, stderr: terminal },
    columns: () => 80,
    rows: () => 24,
    signal,
    stopWith: () => undefined,
    announceWith: () => () => undefined,
    atForcedExit: () => () => undefined,
    parent: undefined,
  }
  let exitCode = 0
  try {
    await createProgram(world).parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (failureOf(error).code === 'BUG') throw error
    const failure = describeFailure(error, failureStyle(argv, world))
    exitCode = failure.exitCode
    written.stderr += failure.lines.map((line) => `${line}\n`).join('')
  }
  const documents = (): Record<string, unknown>[] =>
    written.stdout.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>) // prettier-ignore
  return { exitCode, ...written, documents }
}
