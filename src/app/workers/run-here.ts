import { cutConnections } from '../../kafka/sockets.ts'
import { createTopics } from '../../kafka/topic-creation.ts'
import { topicNames } from '../../kafka/topics.ts'
import type { Log } from '../../log.ts'
import { outputNames } from '../../pipeline/worker/definition.ts'
import type { EventSink } from '../../runtime/events.ts'
import { StepError } from '../../runtime/task/processor.ts'
import { runWorkers, type WorkerSummary } from '../../runtime/run-workers.ts'
import type { Settings } from '../../settings/resolve.ts'
import { clientOptions, reach, replicationFactorOf, withCluster } from '../cluster.ts'
import { registerThisProcess } from './process-registry.ts'
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
  readonly metrics?: WorkerMetrics | undefined
}

/** Runs workers in this process until `signal` is aborted, or nothing is left to read when that is wanted. */
export async function runHere(
  settings: Settings,
  choices: readonly WorkerChoice[],
  { untilCaughtUp, signal, onEvent, log, metrics }: RunHereOptions,
): Promise<WorkerSummary[]> {
  await reach(settings)
  await createOwnOutputs(settings, choices, log)
  const leave = enter(settings, choices, log)
  try {
    return await runWorkers({
      client: { ...clientOptions(settings, 'payflow'), requestTimeoutMs: requestTimeoutMs(settings) },
      workers: choices.map(({ definition, options }) => ({ definition, options })),
      replicationFactor: await replicationFactorOf(settings),
      sessionTimeoutMs: settings.sessionTimeoutMs,
      transactionTimeoutMs: settings.transactionTimeoutMs,
      lingerMs: settings.lingerMs,
      compression: settings.compression,
      untilCaughtUp,
      signal,
      onEvent,
      onRequest: metrics?.onRequest,
      onRunning: metrics?.onRunning,
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
    hint: 'correct the step and start the worker again: nothing of that record is committed (--verbose shows where it was)',
    cause: error,
  })
}

/** An answer that takes longer than its transaction is worth nothing. */
const requestTimeoutMs = ({ transactionTimeoutMs }: Settings): number =>
  Math.min(LONGEST_REQUEST_MS, Math.round(transactionTimeoutMs / 2))

/** Lets `payflow chaos` find this process and cut its connections. Returns what takes it back. */
function enter({ home, brokers }: Settings, choices: readonly WorkerChoice[], log: Log): () => void {
  const cut = (): void => void cutConnections()
  if (process.platform !== 'win32') process.on('SIGUSR2', cut)
  const record = {
    workers: choices.map(({ definition, words }) => ({ name: definition.name, arguments: words })),
    brokers,
    supervised: process.send !== undefined,
  }
  const leave = registerThisProcess(home, record, log)
  return () => {
    leave()
    process.off('SIGUSR2', cut)
  }
}
