import type { Log } from '../../log.ts'
import { Client } from '../../kafka/client.ts'
import { outputNames } from '../../pipeline/worker/definition.ts'
import type { WorkerSummary } from '../../runtime/run-workers.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions, reach } from '../cluster.ts'
import type { KeptLogs } from '../log/kept.ts'
import { AllMetrics } from '../metrics/all-metrics.ts'
import { lagsOfWorkers } from '../metrics/lag.ts'
import type { Observed } from '../metrics/observed.ts'
import { LAG_INTERVAL_MS } from '../metrics/worker-metrics.ts'
import { OnDemand } from '../monitor/on-demand.ts'
import { Monitor } from '../monitor/monitor.ts'
import type { WorkerLag } from '../monitor/worker-lags.ts'
import { pause } from '../../pause.ts'
import { supervise } from './supervise.ts'
import type { Supervisor, SupervisorEvent } from './supervisor.ts'
import type { WorkerChoice } from './arguments.ts'
import { untilDrained } from '../monitor/until-drained.ts'
import { createOwnOutputs } from './run-here.ts'

const CHECK_INTERVAL_MS = 200

/** Workers, each in its own process. */
export class WorkerProcesses {
  readonly #settings: Settings
  readonly #choices: readonly WorkerChoice[]
  readonly #supervisor: Supervisor
  readonly #log: Log
  readonly #metrics: AllMetrics | undefined
  #client: Client | undefined

  constructor(
    settings: Settings,
    env: NodeJS.ProcessEnv,
    choices: readonly WorkerChoice[],
    { onEvent, log, logs }: { onEvent: (event: SupervisorEvent) => void; log: Log; logs?: KeptLogs },
  ) {
    this.#log = log
    this.#metrics = settings.http === undefined ? undefined : new AllMetrics(choices.map(({ definition }) => definition.name)) // prettier-ignore
    this.#settings = settings
    this.#choices = choices
    const wordsOf = new Map(choices.map(({ definition, words }) => [definition.name, words]))
    this.#supervisor = supervise(settings, { env, wordsOf: (worker) => wordsOf.get(worker) ?? [worker], onEvent, log, logs, metrics: this.#metrics }) // prettier-ignore
  }

  /** What there is to watch of them; to be asked for only where settings name an address for it. */
  async observed(): Promise<Observed> {
    const lags = new OnDemand(() => this.#lags(), LAG_INTERVAL_MS)
    return this.#metrics!.observed(() => this.#supervisor.list(), () => lags.get(), () => this.#settings) // prettier-ignore
  }

  /** Runs them until `signal` is aborted, or nothing is left to read for all of them at once when that is wanted. */
  async run({ untilCaughtUp, signal }: { untilCaughtUp: boolean; signal: AbortSignal }): Promise<WorkerSummary[]> {
    const supervisor = this.#supervisor
    await reach(this.#settings)
    await createOwnOutputs(this.#settings, this.#choices, this.#log)
    try {
      for (const { definition } of this.#choices) supervisor.start(definition.name)
      if (untilCaughtUp) await this.#catchUp(signal)
      while (!untilCaughtUp && !signal.aborted) {
        supervisor.check()
        await pause(CHECK_INTERVAL_MS, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await supervisor.stop()
      await this.#client?.close()
    }
    return supervisor.summaries()
  }

  /** Ends the processes at once. */
  kill(): void {
    this.#supervisor.kill()
  }

  async #lags(): Promise<WorkerLag[]> {
    this.#client ??= new Client(clientOptions(this.#settings, 'payflow-metrics', this.#log))
    const { shared } = this.#client
    const all = this.#choices.map(async ({ definition: worker }) => {
      const count = await shared.partitions(Object.values(worker.inputs)[0]!.name)
      return { worker, partitions: Array.from({ length: count }, (_, partition) => partition) }
    })
    return lagsOfWorkers(this.#client, await Promise.all(all))
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const client = new Client(clientOptions(this.#settings, 'payflow-worker-all', this.#log))
    try {
      const definitions = this.#choices.map(({ definition }) => definition)
      const topics = definitions.flatMap(outputNames)
      const monitor = new Monitor(client, { topics, workers: definitions, from: 'now' })
      await untilDrained(monitor, { signal, check: () => this.#supervisor.check() })
    } finally {
      await client.close()
    }
  }
}
