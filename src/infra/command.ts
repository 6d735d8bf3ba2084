import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void
}

export interface CommandResult {
  readonly outcome: 'ended' | 'not-found' | 'timed-out'
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const GRACE_MS = 5_000

/**
 * Runs a program to its end, in its own process group: a Ctrl-C of the terminal does not reach it, and when
 * `signal` fires the whole group goes, children too. An exit code is a result, not an exception.
 * @throws the signal's reason
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { env, cwd, timeoutMs, signal, onLine }: CommandOptions,
): Promise<CommandResult> {
  signal?.throwIfAborted()
  const { execa } = await import('execa')
  const child = execa(program, args, {
    env,
    ...(cwd !== undefined && { cwd }),
    extendEnv: false,
    detached: true,
    reject: false,
    stdin: 'ignore',
  })
  const ending = { timedOut: false }
  const end = (): void => killGroup(child.pid)
  const onTimeout = (): void => {
    ending.timedOut = true
    end()
  }
  const onExit = (): void => signalGroup(child.pid, 'SIGKILL')
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs)
  signal?.addEventListener('abort', end, { once: true })
  process.once('exit', onExit)
  if (onLine) for (const stream of [child.stdout, child.stderr]) forwardLines(stream, onLine)
  try {
    const result = await child
    signal?.throwIfAborted()
    const outcome = ending.timedOut ? 'timed-out' : result.code === 'ENOENT' ? 'not-found' : 'ended'
    return { outcome, exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
    process.off('exit', onExit)
  }
}

function forwardLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine)
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch {
    // it has ended, or all that is left of it is another user's
  }
}

function killGroup(pid: number | undefined): void {
  signalGroup(pid, 'SIGTERM')
  setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS).unref()
}
