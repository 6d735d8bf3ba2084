import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError } from '../../errors.ts'
import { logWith, type Log } from '../../log.ts'
import { troubleText, type Trouble } from '../../kafka/trouble.ts'
import { warningsOnce, type WorkerEvent } from '../../runtime/events.ts'
import type { WorkerSummary } from '../../runtime/run-workers.ts'
import { packageRoot } from '../../package-root.ts'
import { childEnvironment } from '../../settings/child-environment.ts'
import type { Settings } from '../../settings/resolve.ts'
import { variableOf } from '../../settings/table.ts'
import type { KeptLogs } from '../log/kept.ts'
import type { ToldFigures } from '../metrics/told.ts'
import { SupervisedProcess, type ProcessCommand } from './supervised-process.ts'
import { parseWorkerMessage } from './messages.ts'

type WorkerState = 'starting' | 'running' | 'restarting' | 'failed' | 'stopped'

export interface WorkerProcess {
  readonly worker: string
  readonly state: WorkerState
  readonly restarts: number
  readonly pid: number | undefined
}

interface Entry {
  readonly process: SupervisedProcess
  state: WorkerState
  lastDeath: string | undefined
  /** What keeps it from running, as it says itself. */
  trouble: Trouble | undefined
  summaries: WorkerSummary[]
}

/** Deaths before its first good moment after which a worker's start is given up. */
const START_ATTEMPTS = 3

/** A worker process has ended though nobody asked it to. */
interface DiedEvent {
  readonly kind: 'died'
  readonly worker: string
  readonly why: string
  /** Until it is started again; undefined when that is hopeless. */
  readonly retryMs: number | undefined
}
export type SupervisorEvent = WorkerEvent | DiedEvent

export interface SupervisorOptions {
  readonly onEvent: (event: SupervisorEvent) => void
  /** Told once a second what a worker's process has counted, if it is asked to (`workerCommand`). */
  readonly onFigures?: ((worker: string, figures: ToldFigures) => void) | undefined
  readonly log: Log
}

/** Runs each worker in its own process and restarts it when it dies. */
export class Supervisor {
  readonly #entries = new Map<string, Entry>()
  readonly #commandOf: (worker: string) => ProcessCommand
  readonly #onEvent: (event: SupervisorEvent) => void
  readonly #log: Log
  readonly #onFigures: ((worker: string, figures: ToldFigures) => void) | undefined
  readonly #isNewWarning = warningsOnce()

  constructor(commandOf: (worker: string) => ProcessCommand, { onEvent, onFigures, log }: SupervisorOptions) {
    this.#onFigures = onFigures
    this.#commandOf = commandOf
    this.#onEvent = onEvent
    this.#log = log
  }

  /** `held`: its process loads its code meanwhile, and begins with `release`. */
  start(worker: string, { held = false }: { held?: boolean } = {}): void {
    const entry: Entry = {
      process: new SupervisedProcess(this.#commandOf(worker), {
        log: logWith(this.#log, { worker }),
        onMessage: (message) => this.#onMessage(worker, entry, message),
        onDeath: (why, retryMs) => {
          entry.state = retryMs === undefined ? 'failed' : 'restarting'
          entry.lastDeath = why
          this.#onEvent({ kind: 'died', worker, why, retryMs })
        },
      }),
      state: 'starting',
      lastDeath: undefined,
      trouble: undefined,
      summaries: [],
    }
    this.#entries.set(worker, entry)
    entry.process.start({ held })
  }

  release(): void {
    for (const { process } of this.#entries.values()) process.release()
  }

  list(): WorkerProcess[] {
    return [...this.#entries].map(([worker, { process, state }]) => ({
      worker,
      state,
      restarts: process.restarts,
      pid: process.pid,
    }))
  }

  /** What each worker did: all its processes together, as far as they lived to tell. */
  summaries(): WorkerSummary[] {
    return [...this.#entries].map(([worker, { summaries }]) =>
      summaries.reduce(
        (sum, next) => ({
          worker,
          processed: sum.processed + next.processed,
          emitted: sum.emitted + next.emitted,
          deadLetters: sum.deadLetters + next.deadLetters,
          seconds: sum.seconds + next.seconds,
        }),
        { worker, processed: 0, emitted: 0, deadLetters: 0, seconds: 0 },
      ),
    )
  }

  /** @throws the failure of a worker that cannot run */
  check(): void {
    for (const [worker, { process }] of this.#entries) {
      const { failure } = process
      if (failure === undefined) continue
      const { kind, hint } = failure
      throw new PayflowError(failure.code, `Worker ${worker}: ${failure.message}`, { kind, ...(hint && { hint }) })
    }
  }

  /** Returns when every worker has its partitions. @throws PayflowError when one cannot start, or `timeoutMs` are over */
  async ready(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while ([...this.#entries.values()].some(({ state }) => state !== 'running')) {
      this.check()
      for (const [worker, entry] of this.#entries)
        if (entry.state !== 'running' && (entry.process.restarts >= START_ATTEMPTS || performance.now() > deadline))
          throw notStarted(worker, entry)
      await sleep(20, undefined, { signal })
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.#entries.values()].map(async (entry) => {
        await entry.process.stop()
        entry.state = 'stopped'
      }),
    )
  }

  /** Ends every process group at once. */
  kill(): void {
    for (const { process } of this.#entries.values()) process.kill()
  }

  #onMessage(worker: string, entry: Entry, received: unknown): void {
    const message = parseWorkerMessage(received)
    if (message.type === 'unreadable') {
      this.#onEvent({ kind: 'warning', worker, code: 'message-not-understood', fields: { why: message.why } })
      return
    }
    if (message.type === 'summary') {
      entry.summaries.push(message.summary)
      return
    }
    if (message.type === 'figures') {
      this.#onFigures?.(worker, message.figures)
      return
    }
    const { event } = message
    if (event.kind === 'assigned') entry.state = 'running'
    if (event.kind === 'trouble') entry.trouble = event.trouble
    if (event.kind === 'trouble-over') entry.trouble = undefined
    if (event.kind !== 'warning' || this.#isNewWarning(event)) this.#onEvent(event)
  }
}

function notStarted(worker: string, { process, lastDeath, trouble }: Entry): PayflowError {
  const known = trouble && troubleText(trouble)
  const why = known?.message ?? lastDeath ?? 'no answer'
  const hint = known?.hint ?? process.lastHint ?? `see why with \`payflow worker ${worker} --verbose\``
  return new PayflowError('WORKER_NOT_STARTED', `Worker ${worker} does not start: ${why}`, { kind: 'failed', hint })
}

interface ChildOptions {
  /** Whether they tell what they count. */
  readonly figures?: boolean
  /** Where each writes its log. */
  readonly logs?: Pick<KeptLogs, 'fileOf' | 'fileKb'> | undefined
}

/** The command that runs one worker as `payflow worker` does, with the same settings. `wordsOf`: what follows `worker` there. */
export function workerCommand(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  wordsOf: (worker: string) => readonly string[],
  { figures = false, logs }: ChildOptions = {},
): (worker: string) => ProcessCommand {
  const bin = join(packageRoot, 'bin/payflow.js')
  return (worker) => ({
    file: process.execPath,
    arguments: [bin, 'worker', ...wordsOf(worker), '--json'],
    env: { ...withoutOwn(env), ...childEnvironment(settings), ...(logs && logVariables(settings, logs, worker)), ...(figures && { PAYFLOW_FIGURES: '1' }) }, // prettier-ignore
  })
}

/** What this process is told to log and to serve is not for those that it starts. */
function withoutOwn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = new Set(['PAYFLOW_FIGURES', 'PAYFLOW_WATCHED', ...(['http', 'logLevel', 'logFormat', 'logFile', 'logFileKb'] as const).map(variableOf)]) // prettier-ignore
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.has(name)))
}

const logVariables = (
  { logLevel, logFormat }: Settings,
  { fileOf, fileKb }: Pick<KeptLogs, 'fileOf' | 'fileKb'>,
  worker: string,
): NodeJS.ProcessEnv => ({
  [variableOf('logLevel')]: logLevel,
  [variableOf('logFormat')]: logFormat,
  [variableOf('logFile')]: fileOf(worker),
  [variableOf('logFileKb')]: String(fileKb),
})
