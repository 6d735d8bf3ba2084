import { setTimeout as sleep } from 'node:timers/promises'
import { pause } from '../../pause.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { logWith, type Log } from '../../log.ts'
import { kill, signalTo } from '../../infra/processes.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { PlannedFault } from './plan.ts'
import { workerEntries, type WorkerEntry } from '../workers/process-registry.ts'
import { SupervisedProcess } from '../workers/supervised-process.ts'
import { workerCommand } from '../workers/supervisor.ts'
import { loadWorkerFiles } from '../workers/files.ts'

export interface WorkerFault {
  readonly target: string
  readonly what: string
  /** The workers whose groups it concerns. */
  readonly workers: readonly string[]
  /** Resolves when a frozen process was continued; says so. */
  readonly over?: Promise<string>
}

interface Extra {
  readonly worker: string
  readonly process: SupervisedProcess
}

const MOST_EXTRAS = 5
const KILL_TIMEOUT_MS = 5_000
/** How long a stand-in stays once the process it stood in for goes on: the zombie is to meet a new owner. */
const HANDOVER_MS = 3_000

/** Where chaos runs. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** Where the files of custom workers are looked for. */
  readonly cwd: string
  readonly log: Log
}

/** Breaks the worker processes of this PAYFLOW_HOME that work on these brokers, and adds and removes its own instances. */
export class WorkerChaos {
  readonly #settings: Settings
  readonly #surroundings: Surroundings
  readonly #signal: AbortSignal
  readonly #frozen = new Map<number, WorkerEntry>()
  /** Instances that come and go; others may be killed, these may be taken away. */
  readonly #extras: Extra[] = []
  /** In the place of processes that nobody else starts again, until the end. */
  readonly #replacements: Extra[] = []
  /** Instances of each worker at the beginning. */
  readonly #wanted = new Map<string, number>()
  readonly #wordsOf = new Map<string, readonly string[]>()

  /** `signal` continues early what is frozen. */
  constructor(settings: Settings, surroundings: Surroundings, signal: AbortSignal) {
    this.#settings = settings
    this.#surroundings = surroundings
    this.#signal = signal
    for (const { workers } of this.#entries())
      for (const { name, arguments: given } of workers) {
        this.#wanted.set(name, (this.#wanted.get(name) ?? 0) + 1)
        this.#wordsOf.set(name, given)
      }
  }

  /** Those that ran at the beginning. */
  get names(): string[] {
    return [...this.#wanted.keys()]
  }

  /** The options that a worker was started with, as its command line had them. */
  argumentsOf(worker: string): readonly string[] {
    return this.#wordsOf.get(worker)?.slice(1) ?? []
  }

  /** Their definitions: custom ones are read from their files. */
  async definitions(builtIn: readonly AnyWorker[]): Promise<AnyWorker[]> {
    const words = [...this.#wordsOf.values()].flatMap(([word]) => word ?? [])
    const { known } = await loadWorkerFiles(words, builtIn, this.#surroundings.cwd)
    return known.filter(({ name }) => this.#wanted.has(name))
  }

  /** Undefined: there is nothing to break at this moment. */
  async inject(fault: PlannedFault): Promise<WorkerFault | undefined> {
    if (fault.kind === 'scale') return this.#scale(fault.choice)
    const targets = this.#entries().filter(({ pid }) => !this.#frozen.has(pid))
    const entry = targets[fault.choice % targets.length]
    if (entry === undefined) return undefined
    if (fault.kind === 'kill-worker') return this.#kill(entry)
    if (fault.kind === 'freeze-worker') return this.#freeze(entry, fault.lastsMs)
    signalTo(entry, 'SIGUSR2')
    return { target: nameOf(entry), what: 'connections cut', workers: workersOf(entry) }
  }

  /** Everything goes on, and as many instances as at the beginning are there. Returns what is missing after `timeoutMs`. */
  async heal(timeoutMs: number): Promise<string[]> {
    for (const entry of this.#entries()) signalTo(entry, 'SIGCONT')
    this.#frozen.clear()
    await Promise.all(this.#extras.splice(0).map(({ process }) => process.stop()))
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const missing = this.#missing()
      if (missing.length === 0 || performance.now() > deadline) return missing
      await sleep(100)
    }
  }

  /** Ends what it started. Returns the workers that were killed and that nobody starts again. */
  async end(): Promise<string[]> {
    const left = this.#replacements.map(({ worker }) => worker)
    await Promise.all([...this.#extras, ...this.#replacements].map(({ process }) => process.stop()))
    return left
  }

  /** Continues what is frozen and kills what it started, at once. */
  endNow(): void {
    for (const entry of this.#entries()) signalTo(entry, 'SIGCONT')
    for (const { process } of [...this.#extras, ...this.#replacements]) process.kill()
  }

  #entries(): WorkerEntry[] {
    const { home, brokers } = this.#settings
    return workerEntries(home, this.#surroundings.log).filter((entry) =>
      entry.brokers.some((address) => brokers.includes(address)),
    )
  }

  #missing(): string[] {
    const running = this.#entries().flatMap(workersOf)
    return [...this.#wanted].flatMap(([name, wanted]) =>
      running.filter((worker) => worker === name).length < wanted ? [name] : [],
    )
  }

  async #kill(entry: WorkerEntry): Promise<WorkerFault> {
    await kill(entry, KILL_TIMEOUT_MS)
    if (!entry.supervised) for (const { name } of entry.workers) this.#replacements.push(this.#start(name))
    return { target: nameOf(entry), what: 'killed (-9)', workers: workersOf(entry) }
  }

  #freeze(entry: WorkerEntry, lastsMs: number): WorkerFault {
    signalTo(entry, 'SIGSTOP')
    this.#frozen.set(entry.pid, entry)
    const awake = new Set(this.#entries().filter(({ pid }) => !this.#frozen.has(pid)).flatMap(workersOf)) // prettier-ignore
    const standIns = workersOf(entry).filter((name) => !awake.has(name)).map((name) => this.#start(name)) // prettier-ignore
    this.#extras.push(...standIns)
    return {
      target: nameOf(entry),
      what: `frozen for ${(lastsMs / 1000).toFixed(1)} s${standIns.length > 0 ? ', a stand-in started' : ''}`,
      workers: workersOf(entry),
      over: this.#thaw(entry, lastsMs, standIns),
    }
  }

  async #thaw(entry: WorkerEntry, lastsMs: number, standIns: readonly Extra[]): Promise<string> {
    await this.#wait(lastsMs)
    const continued = signalTo(entry, 'SIGCONT')
    this.#frozen.delete(entry.pid)
    if (standIns.length > 0) void this.#wait(HANDOVER_MS).then(() => Promise.all(standIns.map((extra) => this.#remove(extra)))) // prettier-ignore
    return continued ? 'continued' : 'gone meanwhile'
  }

  async #scale(choice: number): Promise<WorkerFault | undefined> {
    const names = this.names
    const dispensable = this.#dispensable()
    const add = dispensable.length === 0 || (this.#extras.length < MOST_EXTRAS && (choice & 0x1_0000) === 0)
    if (add) {
      const worker = names[choice % names.length]
      if (worker === undefined || this.#extras.length >= MOST_EXTRAS) return undefined
      const extra = this.#start(worker)
      this.#extras.push(extra)
      return { target: labelOf(extra), what: 'instance added', workers: [worker] }
    }
    const extra = dispensable[choice % dispensable.length]!
    const target = labelOf(extra)
    this.#extras.splice(this.#extras.indexOf(extra), 1)
    const workers = [extra.worker]
    if ((choice & 0x2_0000) === 0) {
      await extra.process.stop()
      return { target, what: 'instance ended (SIGTERM)', workers }
    }
    extra.process.kill()
    return { target, what: 'instance taken away (kill -9)', workers }
  }

  /** Without them somebody awake still does their worker's work: a stand-in for a frozen process is not one of them. */
  #dispensable(): Extra[] {
    const awake = this.#entries().filter(({ pid }) => !this.#frozen.has(pid))
    return this.#extras.filter(({ worker, process }) =>
      awake.some((entry) => entry.pid !== process.pid && workersOf(entry).includes(worker)),
    )
  }

  async #remove(extra: Extra): Promise<void> {
    const index = this.#extras.indexOf(extra)
    if (index < 0) return
    this.#extras.splice(index, 1)
    await extra.process.stop()
  }

  #start(worker: string): Extra {
    const { env } = this.#surroundings
    const command = workerCommand(this.#settings, env, (name) => this.#wordsOf.get(name) ?? [name])
    const log = logWith(this.#surroundings.log, { worker })
    const process = new SupervisedProcess(command(worker), {
      log,
      onMessage: () => undefined, // what it does shows in its group
      onDeath: (why, retryMs) => log('warn', 'instance-died', { why, retryMs }),
    })
    process.start()
    return { worker, process }
  }

  async #wait(ms: number): Promise<void> {
    await pause(ms, this.#signal)
  }
}

const workersOf = ({ workers }: WorkerEntry): string[] => workers.map(({ name }) => name)
const nameOf = (entry: WorkerEntry): string => `${workersOf(entry).join(', ')} (pid ${entry.pid})`
const labelOf = ({ worker, process }: Extra): string => `${worker} (pid ${process.pid ?? 'none'})`
