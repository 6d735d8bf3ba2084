import { pause } from '../pause.ts'
import { PayflowError } from '../errors.ts'
import { Client, type ClientOptions } from '../kafka/client.ts'
import { troubleText, type Trouble } from '../kafka/trouble.ts'
import type { AskedBroker } from '../kafka/transport.ts'
import type { Log } from '../log.ts'
import type { AnyWorker } from '../pipeline/worker/definition.ts'
import { CatchUp } from './catch-up.ts'
import { warningsOnce, type EventSink } from './events.ts'
import type { RunnerHealth } from './health.ts'
import { Runner } from './runner.ts'
import type { WorkerTracing } from './tracing.ts'
import { StateRoom, type StateRoomOptions } from './state/state-room.ts'
import { Watchdog } from './watchdog.ts'
import type { Compression } from '../kafka/compression.ts'

export interface WorkerSummary {
  readonly worker: string
  /** Input records of committed transactions, dead letters and strays among them. */
  readonly processed: number
  readonly emitted: number
  readonly deadLetters: number
  readonly seconds: number
}

export interface RunWorkersOptions {
  readonly client: ClientOptions
  readonly workers: readonly { definition: AnyWorker; options: unknown }[]
  readonly replicationFactor: number
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs?: number
  readonly lingerMs?: number
  /** How outputs and state are written. */
  readonly compression?: Compression
  /** End when nothing is left to read for all of them at once. */
  readonly untilCaughtUp: boolean
  readonly signal: AbortSignal
  readonly onEvent: EventSink
  /** What is worth a line to who looks for a fault, and no event. */
  readonly log?: Log
  /** Told of each request to a broker that was answered, or failed. */
  readonly onRequest?: ((worker: string, asked: AskedBroker) => void) | undefined
  /** Traces what they do. */
  readonly tracing?: WorkerTracing | undefined
  /** Absent: state is kept in memory, whatever its size. */
  readonly state?: StateRoomOptions | undefined
  /** Called once, with what tells how the workers are. */
  readonly onRunning?: ((health: () => RunnerHealth[]) => void) | undefined
  /** A worker that has something to do and commits nothing for this long ends the run. */
  readonly stallMs?: number
}

const TRANSACTION_TIMEOUT_MS = 30_000
const LINGER_MS = 125
const STALL_MS = 30_000
/** Who waits for the end wants to know at once; the watchdog counts seconds. */
const lookIntervals = { untilCaughtUp: 50, forStalls: 500 }

/** Runs an instance of each worker until the signal is aborted, or all have caught up. @throws what ended one of them. */
export async function runWorkers(options: RunWorkersOptions): Promise<WorkerSummary[]> {
  const { client, workers, replicationFactor, sessionTimeoutMs, onEvent } = options
  const started = performance.now()
  const ended = new AbortController()
  const signal = AbortSignal.any([options.signal, ended.signal])
  const stateRoom = options.state && new StateRoom(options.state)
  const isNew = warningsOnce()
  const tell: EventSink = (event) => {
    if (event.kind !== 'warning' || isNew(event)) onEvent(event)
  }
  const runners = workers.map(
    ({ definition, options: values }) =>
      new Runner({
        client,
        worker: definition,
        options: values,
        replicationFactor,
        sessionTimeoutMs,
        transactionTimeoutMs: options.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS,
        lingerMs: options.lingerMs ?? LINGER_MS,
        compression: options.compression ?? 'none',
        onEvent: tell,
        onRequest: options.onRequest,
        tracing: options.tracing,
        stateRoom,
        ...(options.log && { log: options.log }),
      }),
  )
  options.onRunning?.(() => runners.map(({ health }) => health))
  const ending = (part: Promise<void>): Promise<void> => part.finally(() => ended.abort())
  const results = await Promise.allSettled([
    ...runners.map((runner) => ending(runner.run(signal))),
    ending(watch(runners, options, signal)),
  ])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  // Only now: until it has ended, a worker may still fail.
  if (options.untilCaughtUp && !options.signal.aborted) for (const { worker } of runners) onEvent({ kind: 'caught-up', worker: worker.name }) // prettier-ignore
  const seconds = Math.round(performance.now() - started) / 1000
  return runners.map(({ worker, counts: { processed, emitted, deadLetters } }) => ({ worker: worker.name, processed, emitted, deadLetters, seconds })) // prettier-ignore
}

/** Returns when all have caught up (if that is wanted) or the signal is aborted. @throws PayflowError when a worker is stuck. */
async function watch(runners: readonly Runner[], options: RunWorkersOptions, signal: AbortSignal): Promise<void> {
  const stallMs = options.stallMs ?? STALL_MS
  const watched = runners.map((runner) => ({ runner, dog: new Watchdog(stallMs) }))
  const client = new Client(options.client)
  const catchUp = new CatchUp(client, runners)
  const lookMs = options.untilCaughtUp ? lookIntervals.untilCaughtUp : Math.min(lookIntervals.forStalls, stallMs / 4)
  try {
    while (!signal.aborted) {
      const now = performance.now()
      for (const { runner, dog } of watched) {
        runner.look(now)
        const { stalled, hopeless } = dog.look(runner.watched, now)
        for (const { partition } of stalled) await tellStall(runner, partition, stallMs, options.onEvent)
        if (hopeless)
          throw stuck(runner.worker.name, hopeless.partition, stallMs, await runner.trouble(hopeless.partition))
      }
      if (options.untilCaughtUp && (await catchUp.reached(signal))) return
      await pause(lookMs, signal)
    }
  } finally {
    await client.close()
  }
}

async function tellStall(
  runner: Runner,
  partition: number | undefined,
  stallMs: number,
  onEvent: EventSink,
): Promise<void> {
  const trouble = await runner.trouble(partition)
  onEvent({
    kind: 'stalled',
    worker: runner.worker.name,
    ...(partition !== undefined && { partition }),
    seconds: stallMs / 1000,
    ...(trouble && { trouble }),
  })
}

function stuck(
  worker: string,
  partition: number | undefined,
  stallMs: number,
  trouble: Trouble | undefined,
): PayflowError {
  const { message, hint } = trouble ? troubleText(trouble) : { message: undefined, hint: undefined }
  const seconds = stallMs / 1000
  const what = partition === undefined ? `has not been given any partitions for ${seconds} s` : `partition ${partition} has had work and made no progress for ${seconds} s` // prettier-ignore
  return new PayflowError('STALLED', `${worker}: ${what}${message === undefined ? '' : `. ${message}`}`, {
    kind: 'failed',
    hint: hint ?? 'start it again; see `payflow infra status` and `payflow groups describe`',
  })
}
