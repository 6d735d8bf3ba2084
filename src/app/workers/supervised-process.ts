import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'
import { noLog, type Log } from '../../log.ts'

export interface ProcessCommand {
  readonly file: string
  readonly arguments: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

export interface ProcessEvents {
  /** It sent this over its channel. */
  readonly onMessage: (message: unknown) => void
  /** It ended though nobody asked it to; `retryMs` until it is started again, undefined when that is hopeless. */
  readonly onDeath: (why: string, retryMs: number | undefined) => void
  readonly log?: Log
}

/** How long a process may take to end after SIGTERM: its open transaction ends first. */
const GRACE_MS = 10_000
/** Wrong usage or configuration: the next start would end in the same way. */
const HOPELESS_EXIT_CODE = 2

const spawn = ({ file, arguments: rest, env }: ProcessCommand, held: boolean, restarts: number) =>
  execa(file, rest, {
    env: { ...env, PAYFLOW_HELD: held ? '1' : '', PAYFLOW_RESTARTS: String(restarts) },
    extendEnv: false,
    ipc: true,
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })

/** A process that is started again when it dies, later each time. It leads its own process group, so that a terminal's Ctrl-C does not reach it. */
export class SupervisedProcess {
  readonly #command: ProcessCommand
  readonly #events: ProcessEvents
  readonly #log: Log
  #child: ReturnType<typeof spawn> | undefined
  #backoff: Backoff | undefined
  #timer: NodeJS.Timeout | undefined
  #stopping = false
  #ended: Promise<void> = Promise.resolve()
  #startedAtMs = 0
  #lastWords: string[] = []
  restarts = 0
  /** Why it is not started again. */
  failure: PayflowError | undefined
  /** What its last death said was to be done. */
  lastHint: string | undefined

  constructor(command: ProcessCommand, events: ProcessEvents) {
    this.#command = command
    this.#events = events
    this.#log = events.log ?? noLog
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** `held`: it loads its code and waits for `release` before it begins. */
  start({ held = false }: { held?: boolean } = {}): void {
    this.#startedAtMs = performance.now()
    this.#lastWords = []
    const child = spawn(this.#command, held, this.restarts)
    this.#child = child
    this.#log('info', 'process-started', { pid: child.pid, restarts: this.restarts, ...(held && { held }) })
    child.on('message', (message) => this.#events.onMessage(message))
    createInterface(child.stderr).on('line', (line) => this.#remember(line))
    // What it leaves behind ends with it: one of its children could hold its stderr open for ever.
    child.once('exit', () => this.#signal('SIGKILL'))
    // Its last messages are in the channel until that is closed.
    const silent = new Promise((resolve) => child.once('disconnect', resolve))
    this.#ended = child.then(async ({ exitCode, signal, originalMessage }) => {
      if (child.pid !== undefined && child.connected) await silent
      this.#onExit(exitCode, signal, originalMessage)
    })
  }

  release(): void {
    if (this.#child?.connected) this.#child.send('begin')
  }

  /** Returns when the process is gone: at first asked to end, killed with its whole group when it does not. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    if (this.#child === undefined) return
    this.#child.kill('SIGTERM')
    // a frozen process acts on no signal until it is continued
    this.#child.kill('SIGCONT')
    const killer = setTimeout(() => {
      this.#log('warn', 'process-killed', { pid: this.pid, graceMs: GRACE_MS })
      this.#signal('SIGKILL')
    }, GRACE_MS)
    await this.#ended
    clearTimeout(killer)
  }

  /** Kills the process group at once. */
  kill(): void {
    this.#stopping = true
    clearTimeout(this.#timer)
    this.#signal('SIGKILL')
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch (error) {
      // it is gone already, as a rule
      if (systemCodeOf(error) !== 'ESRCH')
        this.#log('warn', 'signal-failed', { pid: this.pid, signal, error: messageOf(error) })
    }
  }

  #remember(line: string): void {
    this.#lastWords = [...this.#lastWords, line].slice(-5)
  }

  #onExit(exitCode: number | undefined, signal: string | undefined, reason: string | undefined): void {
    this.#log(this.#stopping ? 'info' : 'warn', 'process-ended', { pid: this.pid, exitCode, signal, asked: this.#stopping, ...(!this.#stopping && { lastWords: this.#lastWords }) }) // prettier-ignore
    this.#child = undefined
    if (this.#stopping) return
    const { message, hint } = lastError(this.#lastWords)
    this.lastHint = hint
    // What it said before somebody killed it is not the reason for its death.
    const why = signal !== undefined ? `killed by ${signal}` : (message ?? (exitCode !== undefined ? `exit code ${exitCode}` : (reason ?? 'it could not be started'))) // prettier-ignore
    if (exitCode === HOPELESS_EXIT_CODE) {
      this.failure = new PayflowError('WORKER_FAILED', why, { kind: 'usage', ...(hint !== undefined && { hint }) })
      this.#events.onDeath(why, undefined)
      return
    }
    this.#backoff = nextBackoff(this.#backoff, performance.now() - this.#startedAtMs)
    this.#timer = setTimeout(() => {
      this.restarts++
      this.start()
    }, this.#backoff.delayMs)
    this.#events.onDeath(why, this.#backoff.delayMs)
  }
}

/** The error that a payflow process wrote as a JSON line, or else its last line. */
function lastError(lines: readonly string[]): { message?: string; hint?: string } {
  for (const line of lines.toReversed()) {
    try {
      const parsed = JSON.parse(line) as { error?: { message?: string; hint?: string } } | null
      if (parsed?.error) return parsed.error
    } catch {
      // Not JSON: some other line.
    }
  }
  const last = lines.at(-1)
  return last === undefined ? {} : { message: last }
}

export interface Backoff {
  /** Deaths in a row, none of them after a good run. */
  readonly attempt: number
  readonly delayMs: number
}

const FIRST_DELAY_MS = 500
/** Brokers that are back are not to wait for workers that gave up on them. */
const LONGEST_DELAY_MS = 5_000
/** Whoever ran this long ran well: its next death counts as the first. */
const GOOD_RUN_MS = 30_000

/** How long to wait before a process that died after `ranMs` is started again: doubling, up to five seconds. */
export function nextBackoff(previous: Backoff | undefined, ranMs: number): Backoff {
  const attempt = previous === undefined || ranMs >= GOOD_RUN_MS ? 1 : previous.attempt + 1
  return { attempt, delayMs: Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS) }
}
