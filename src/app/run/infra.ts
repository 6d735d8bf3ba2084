import type { Engine } from '../../infra/engine.ts'
import type { Log } from '../../log.ts'
import { identify, type ProcessIdentity } from '../../infra/processes.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { Report } from '../cluster.ts'
import { kindOfStart, reaching, up } from '../infra.ts'
import { startKeeper, type Keeper } from './keeper.ts'
import { takeRunLock } from './run-lock.ts'

export interface RunStart {
  readonly settings: Settings
  /** The result in words. */
  readonly outcome: string
  readonly started: boolean
  /** Why it took longer than it usually does. */
  readonly causes: readonly string[]
  /** What must be the same for two runs to be compared. */
  readonly kind: string
}

/** The brokers of one run: what it starts ends with it, however it ends, unless it is to leave them running. */
export class RunInfra {
  readonly #env: NodeJS.ProcessEnv
  readonly #ksql: boolean
  readonly #log: Log
  /** With what the brokers end; undefined: they stay. */
  readonly #run: ProcessIdentity | undefined
  #engine: Engine | undefined
  #keeper: Keeper | undefined
  #release = (): void => undefined
  #isUp = false

  constructor(env: NodeJS.ProcessEnv, { ksql, keep, log }: { ksql: boolean; keep: boolean; log: Log }) {
    this.#env = env
    this.#ksql = ksql
    this.#log = log
    this.#run = keep ? undefined : identify(process.pid)
  }

  /**
   * Returns, among others, the settings that reach the brokers.
   * @throws PayflowError (failed) when another run uses the same brokers
   */
  async up(settings: Settings, report: Report, signal: AbortSignal): Promise<RunStart> {
    this.#release = takeRunLock(settings, this.#log)
    const onEngine = (engine: Engine): void => {
      this.#engine = engine
      if (this.#run && engine.name !== 'external')
        this.#keeper = startKeeper({ home: settings.home, engine: engine.name, run: this.#run }, this.#env, this.#log)
    }
    const wish = { ksql: this.#ksql, run: this.#run, log: this.#log }
    const { status, started, causes } = await up(settings, this.#env, wish, { report, signal, onEngine })
    this.#isUp = true
    const outcome = `${started ? 'started' : 'running already'}, ${status.engine}, ${status.brokers.join(', ')}`
    return {
      settings: reaching(settings, status),
      outcome,
      started,
      causes,
      kind: kindOfStart('all', settings, status),
    }
  }

  async down(report: Report): Promise<void> {
    try {
      if (this.#keeper && this.#run) await this.#engine?.down({ volumes: false, run: this.#run }, report)
    } finally {
      this.#release()
    }
    this.#keeper?.dismiss()
  }

  endNow(): void {
    if (!this.#isUp || this.#run) this.#engine?.endNow()
    this.#release()
  }
}
