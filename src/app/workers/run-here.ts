import { cutConnections } from '../../kafka/sockets.ts'
import { createTopics } from '../../kafka/topic-creation.ts'
import { topicNames } from '../../kafka/topics.ts'
import type { Log } from '../../log.ts'
import { outputNames } from '../../pipeline/worker/definition.ts'
import { isOfFrozen } from '../../pipeline/worker/freeze.ts'
import type { EventSink } from '../../runtime/events.ts'
import { StepError } from '../../runtime/task/step-error.ts'
import { runWorkers, type WorkerSummary } from '../../runtime/run-workers.ts'
import type { WorkerTracing } from '../../runtime/tracing.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions, reach, replicationFactorOf, withCluster } from '../cluster.ts'
import { stateRoomOf } from './state-room.ts'
import { registerThisProcess } from './process-registry.ts'
import { keepReporting } from './report-file.ts'
import { Reporter } from '../monitor/report.ts'
import type { WorkerMetrics } from '../metrics/worker-metrics.ts'
import { layoutOf } from '../topics/topics.ts'
import type { WorkerChoice } from './arguments.ts'
import { PayflowError } from '../../errors.ts'

const LONGEST_REQUEST_MS = 10_000

export interface RunHereOptions {
  readonly untilCaughtUp: boolean
  readonly signal: AbortSignal
  readonly onEvent: EventSink
  readonly log: Log
  /** How often the process that runs this one has started it again. */
  readonly restarts?: number | undefined
  readonly metrics?: WorkerMetrics | undefined
  readonly tracing?: WorkerTracing | undefined
}

/** Runs workers in this process until `signal` is aborted, or nothing is left to read when that is wanted. */
export async function runHere(
  settings: Settings,
  choices: readonly WorkerChoice[],
  { untilCaughtUp, signal, onEvent, log, metrics, tracing, restarts = 0 }: RunHereOptions,
): Promise<WorkerSummary[]> {
  const cluster = await reach(settings)
  await createOwnOutputs(settings, choices, log)
  const reporter = new Reporter(choices.map(({ definition }) => definition.name))
  const leave = enter(settings, choices, { log, restarts, reporter })
  try {
    return await runWorkers({
      client: { ...clientOptions(settings, 'payflow'), requestTimeoutMs: requestTimeoutMs(settings) },
      workers: choices.map(({ definition, options }) => ({ definition, options })),
      replicationFactor: await replicationFactorOf(settings, cluster),
      sessionTimeoutMs: settings.sessionTimeoutMs,
      transactionTimeoutMs: settings.transactionTimeoutMs,
      lingerMs: settings.lingerMs,
      compression: settings.compression,
      state: stateRoomOf(settings),
      untilCaughtUp,
      signal,
      onEvent: (event) => {
        reporter.onEvent(event)
        onEvent(event)
      },
      onRequest: (worker, asked) => {
        reporter.onRequest(worker, asked)
        metrics?.onRequest(worker, asked)
      },
      onRunning: (health) => {
        reporter.onRunning(health)
        metrics?.onRunning(health)
      },
      tracing,
      log,
    })
  } catch (error) {
    throw inOwnFile(error, choices)
  } finally {
    leave()
  }
}

/** Nobody else knows the outputs of custom workers: the first run creates them. */
export async function createOwnOutputs(settings: Settings, choices: readonly WorkerChoice[], log: Log): Promise<void> {
  const own = choices.filter(({ definition }) => definition.file !== undefined)
  if (own.length === 0) return
  await withCluster(settings, log, async (client) => {
    const existing = new Set(await topicNames(client))
    const missing = new Set(
      own.flatMap(({ definition }) => outputNames(definition)).filter((name) => !existing.has(name)),
    )
    const layout = await layoutOf(settings)
    await createTopics(client, [...missing].map((topic) => ({ topic, ...layout }))) // prettier-ignore
  })
}

/** What a custom step threw is for its author: it is not a bug in payflow. */
function inOwnFile(error: unknown, choices: readonly WorkerChoice[]): unknown {
  if (!(error instanceof StepError)) return error
  const file = choices.find(({ definition }) => definition.name === error.worker)?.definition.file
  if (file === undefined) return error
  return new PayflowError('STEP_FAILED', `${file}: ${error.message}`, {
    kind: 'failed',
    hint: `${isOfFrozen(error.cause) ? 'what a step is given is frozen: return new objects' : 'correct the step'} and start the worker again: nothing of that record is committed (--verbose shows where it was)`,
    cause: error,
  })
}

/** An answer that takes longer than its transaction is worth nothing. */
const requestTimeoutMs = ({ transactionTimeoutMs }: Settings): number =>
  Math.min(LONGEST_REQUEST_MS, Math.round(transactionTimeoutMs / 2))

/** Lets other payflow commands find this process and see how it is, and `payflow chaos` cut its connections. Returns what takes it back. */
function enter(
  { home, brokers }: Settings,
  choices: readonly WorkerChoice[],
  { log, restarts, reporter }: { log: Log; restarts: number; reporter: Reporter },
): () => void {
  const cut = (): void => void cutConnections()
  if (process.platform !== 'win32') process.on('SIGUSR2', cut)
  const record = {
    workers: choices.map(({ definition, words }) => ({ name: definition.name, arguments: words })),
    brokers,
    supervised: process.send !== undefined,
    restarts,
  }
  const leave = registerThisProcess(home, record, log)
  const endReporting = keepReporting(home, reporter, log)
  return () => {
    endReporting()
    leave()
    process.off('SIGUSR2', cut)
  }
}
