import type { Log } from '../../log.ts'
import { Client } from '../../kafka/client.ts'
import type { WorkerSummary } from '../../runtime/run-workers.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions, reach } from '../cluster.ts'
import { Monitor } from '../monitor/monitor.ts'
import { pause } from '../../pause.ts'
import { Supervisor, workerCommand, type SupervisorEvent } from './supervisor.ts'
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

  constructor(
    settings: Settings,
    env: NodeJS.ProcessEnv,
    choices: readonly WorkerChoice[],
    { onEvent, log }: { onEvent: (event: SupervisorEvent) => void; log: Log },
  ) {
    this.#log = log
    this.#settings = settings
    this.#choices = choices
    const wordsOf = new Map(choices.map(({ definition, words }) => [definition.name, words]))
    this.#supervisor = new Supervisor(
      workerCommand(settings, env, (worker) => wordsOf.get(worker) ?? [worker]),
      { onEvent, log },
    )
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
    }
    return supervisor.summaries()
  }

  /** Ends the processes at once. */
  kill(): void {
    this.#supervisor.kill()
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    const client = new Client(clientOptions(this.#settings, 'payflow-worker-all', this.#log))
    try {
      const definitions = this.#choices.map(({ definition }) => definition)
      const topics = definitions.map(({ output }) => output.name)
      const monitor = new Monitor(client, { topics, workers: definitions, from: 'now' })
      await untilDrained(monitor, { signal, check: () => this.#supervisor.check() })
    } finally {
      await client.close()
    }
  }
}
