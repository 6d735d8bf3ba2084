import { isReady, type RunnerHealth } from '../../runtime/health.ts'
import type { Aged } from '../monitor/on-demand.ts'
import type { WorkerLag } from '../monitor/worker-lags.ts'
import { Figures } from './figures.ts'
import { showLags } from './lag.ts'
import { showAudits, type Place } from './last-audit.ts'
import { lookOf, type Look, type Observed } from './observed.ts'
import type { ToldFigures } from './told.ts'
import { showVersion } from './version.ts'
import { unready } from './worker-metrics.ts'

type Heard = Aged<readonly WorkerLag[]> | undefined

/** A process tells every second; after this it is silent. */
const SILENT_MS = 5_000

interface Process {
  readonly worker: string
  readonly state: string
}

/** What the processes of a supervisor count, and how they are. Counters go on when a process is started again. */
export class AllMetrics {
  readonly figures = new Figures()
  readonly #workers: readonly string[]
  readonly #told = new Map<string, { readonly health: readonly RunnerHealth[]; readonly atMs: number }>()

  constructor(workers: readonly string[]) {
    this.#workers = workers
    for (const worker of workers) this.figures.add('payflow_worker_restarts_total', { worker }, 0)
  }

  readonly onFigures = (worker: string, { delta, health }: ToldFigures): void => {
    this.figures.forget(worker)
    this.figures.merge(delta)
    this.#told.set(worker, { health, atMs: performance.now() })
  }

  /** A process has ended unasked; `restarted`: it is started again. */
  died(worker: string, restarted: boolean): void {
    this.figures.forget(worker)
    this.#told.delete(worker)
    if (restarted) this.figures.add('payflow_worker_restarts_total', { worker })
  }

  /** `lags`: as they were last heard, or are asked for; `place`: of which home and cluster audits are shown. */
  async observed(
    processes: () => readonly Process[],
    lags: () => Heard | Promise<Heard>,
    place: () => Place,
  ): Promise<Observed> {
    const { exposition } = await import('./registry.ts')
    showVersion(this.figures)
    const metrics = exposition(this.figures, async () => {
      showAudits(this.figures, place(), this.#workers)
      showLags(this.figures, await lags())
    })
    // Who answers turns; that a worker's process does is its supervisor's business, which starts it again.
    return { metrics, live: () => lookOf([]), ready: () => this.#ready(processes()) }
  }

  #ready(processes: readonly Process[]): Look {
    if (processes.length === 0) return lookOf(['the workers are not started yet'])
    return lookOf(processes.flatMap(({ worker, state }) => this.#problems(worker, state)))
  }

  #problems(worker: string, state: string): string[] {
    if (state !== 'running') return [`${worker}: ${state}`]
    const told = this.#told.get(worker)
    if (!told) return [`${worker}: nothing heard of it yet`]
    const ageMs = performance.now() - told.atMs
    if (ageMs > SILENT_MS) return [`${worker}: silent for ${Math.round(ageMs / 1000)} s`]
    return told.health.filter((each) => !isReady(each)).map(unready)
  }
}
