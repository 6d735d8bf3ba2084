import process from 'node:process'
import { PayflowError } from '../../errors.ts'
import { BUG_EXIT_CODE } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { describeFailure, failureStyle } from './report-error.ts'
import { listenForSignals, type Signals } from './signals.ts'
import { watchStandardOutput } from './standard-output.ts'
import type { Parent, World } from './world.ts'

/** How long a process whose parent is gone may take to end its transactions. */
const ORPHAN_GRACE_MS = 10_000

/** Where a stream is not a terminal, Node leaves `isTTY` undefined, whatever its types say. */
const isTerminal = (stream: { isTTY?: boolean }): boolean => stream.isTTY === true

/** Runs one command line and returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr, env } = process
  const signals = listenForSignals((line) => stderr.write(`${line}\n`))
  const world: World = {
    stdin,
    stdout,
    stderr,
    env,
    get cwd() {
      return currentDirectory()
    },
    isTTY: { stdin: isTerminal(stdin), stdout: isTerminal(stdout), stderr: isTerminal(stderr) },
    columns: () => (stderr.isTTY ? stderr.columns : 80),
    rows: () => (stderr.isTTY ? stderr.rows : 24),
    signal: signals.signal,
    stopWith: signals.stopWith,
    announceWith: signals.announceWith,
    atForcedExit: signals.atForcedExit,
    parent: parentOf(env),
  }
  stderr.on('error', () => undefined)
  const output = watchStandardOutput(stdout, signals)
  const leave = endWithParent(signals)
  silenceWarnings(argv)
  process.on('uncaughtException', (error) => signals.exitNow(() => fail(error, argv, world, signals)))
  try {
    await createProgram(world).parseAsync(argv, { from: 'user' })
    const unwritten = await output.settled()
    return unwritten ? fail(unwritten, argv, world, signals) : (signals.exitCode() ?? 0)
  } catch (error) {
    return fail((await output.settled()) ?? error, argv, world, signals)
  } finally {
    signals.dispose()
    leave()
  }
}

/** @throws PayflowError (usage) when it was deleted under the shell */
function currentDirectory(): string {
  try {
    return process.cwd()
  } catch (cause) {
    const message = 'The directory that this shell is in no longer exists'
    throw new PayflowError('NO_DIRECTORY', message, { kind: 'usage', hint: 'go to another one with `cd`', cause })
  }
}

function fail(error: unknown, argv: readonly string[], world: World, { signal, exitCode }: Signals): number {
  if (signal.aborted && isAbort(error, signal)) return exitCode() ?? 0
  const failure = describeFailure(error, failureStyle(argv, world))
  world.stderr.write(failure.lines.map((line) => `${line}\n`).join(''))
  return failure.exitCode
}

const isAbort = (error: unknown, signal: AbortSignal): boolean =>
  error === signal.reason || (error instanceof Error && (error.name === 'AbortError' || isAbort(error.cause, signal)))

function parentOf(env: NodeJS.ProcessEnv): Parent | undefined {
  if (process.send === undefined) return undefined
  return {
    tell: (message) => process.connected && process.send?.(message),
    wantsFigures: env.PAYFLOW_FIGURES === '1',
    wantsFiles: env.PAYFLOW_WATCHED === '1',
    restarts: Number(env.PAYFLOW_RESTARTS) || 0,
    permission: () =>
      env.PAYFLOW_HELD === '1' && process.connected
        ? new Promise((resolve) => {
            for (const event of ['message', 'disconnect']) process.once(event, resolve)
          })
        : Promise.resolve(),
  }
}

/** A process that another payflow started ends when that one is gone, whatever ended it. */
function endWithParent({ stop }: Signals): () => void {
  if (process.send === undefined) return () => undefined
  const onDisconnect = (): void => {
    stop()
    setTimeout(() => process.exit(BUG_EXIT_CODE), ORPHAN_GRACE_MS).unref()
  }
  process.once('disconnect', onDisconnect)
  return () => {
    process.off('disconnect', onDisconnect)
    // Closing the channel would lose what is not written yet; it just keeps nobody alive any more.
    process.channel?.unref()
  }
}

/** Node's own warnings, such as kafkajs's negative timeouts, are nothing a user can act on. */
function silenceWarnings(argv: readonly string[]): void {
  process.removeAllListeners('warning')
  if (!argv.includes('--verbose')) return
  process.on('warning', (warning) => process.stderr.write(`${warning.name}: ${warning.message}\n`))
}
