import type { Engine } from '../../infra/engine.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { Report } from '../cluster.ts'
import { reaching, up } from '../infra.ts'

/** The brokers of one run: they end with it if it started them, unless it is to leave them running. */
export class RunInfra {
  readonly #env: NodeJS.ProcessEnv
  readonly #options: { readonly ksql: boolean; readonly keep: boolean }
  #engine: Engine | undefined
  /** Undefined while they are being started. */
  #started: boolean | undefined

  constructor(env: NodeJS.ProcessEnv, options: { ksql: boolean; keep: boolean }) {
    this.#env = env
    this.#options = options
  }

  /** Returns the settings that reach the brokers, and what came of it in words. */
  async up(settings: Settings, report: Report, signal: AbortSignal): Promise<{ settings: Settings; outcome: string }> {
    const onEngine = (engine: Engine): void => void (this.#engine = engine)
    const { status, started } = await up(settings, this.#env, this.#options, { report, signal, onEngine })
    this.#started = started
    const outcome = `${started ? 'started' : 'running already'}, ${status.engine}, ${status.brokers.join(', ')}`
    return { settings: reaching(settings, status), outcome }
  }

  async down(report: Report): Promise<void> {
    if (this.#isOurs) await this.#engine?.down({ volumes: false }, report)
  }

  endNow(): void {
    if (this.#started === undefined || this.#isOurs) this.#engine?.endNow()
  }

  get #isOurs(): boolean {
    return this.#started === true && !this.#options.keep
  }
}
