import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError } from '../errors.ts'
import { Client, type ClientOptions } from '../kafka/client.ts'
import { listOffsets } from '../kafka/offsets.ts'
import { retrying } from '../kafka/retry.ts'
import type { Compression } from '../kafka/wire/compression.ts'
import { DEAD_LETTERS, inboxTopic } from '../pipeline/events/topics.ts'
import type { AnyWorker } from '../pipeline/worker/definition.ts'
import { untilReadable } from './readable.ts'
import { Runner, type RunnerEvent } from './runner.ts'
import { Watchdog } from './watchdog.ts'

export interface WorkerEvent {
  readonly worker: string
  readonly kind: RunnerEvent['kind'] | 'caught-up' | 'stalled'
  readonly message: string
}

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
  readonly onEvent: (event: WorkerEvent) => void
  /** A worker that has something to do and commits nothing for so long ends the run. */
  readonly stallMs?: number
}

const TRANSACTION_TIMEOUT_MS = 30_000
const LINGER_MS = 40
const STALL_MS = 30_000
/** Who waits for the end wants to know at once; the watchdog counts seconds. */
const LOOK_MS = { untilCaughtUp: 50, forStalls: 500 }

/** Runs an instance of each worker until the signal is aborted, or all have caught up. @throws what ended one of them. */
export async function runWorkers(options: RunWorkersOptions): Promise<WorkerSummary[]> {
  const { client, workers, replicationFactor, sessionTimeoutMs, onEvent } = options
  const started = performance.now()
  const ended = new AbortController()
  const signal = AbortSignal.any([options.signal, ended.signal])
  const told = new Set<string>()
  /** What is wrong with the cluster is the same for all workers, and told once. */
  const tell = (event: WorkerEvent): void => {
    if (event.kind === 'warning') {
      if (told.has(event.message)) return
      told.add(event.message)
    }
    onEvent(event)
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
      }),
  )
  const ending = (part: Promise<void>): Promise<void> => part.finally(() => ended.abort())
  const results = await Promise.allSettled([
    ...runners.map((runner) => ending(runner.run(signal))),
    ending(watch(runners, options, signal)),
  ])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  const seconds = Math.round(performance.now() - started) / 1000
  return runners.map(({ worker, counts: { processed, emitted, deadLetters } }) => ({ worker: worker.name, processed, emitted, deadLetters, seconds })) // prettier-ignore
}

/** Returns when all have caught up (if that is wanted) or the signal is aborted. @throws PayflowError when a worker is stuck. */
async function watch(runners: readonly Runner[], options: RunWorkersOptions, signal: AbortSignal): Promise<void> {
  const stallMs = options.stallMs ?? STALL_MS
  const watched = runners.map((runner) => ({ runner, dog: new Watchdog(stallMs) }))
  const client = new Client(options.client)
  const lookMs = options.untilCaughtUp ? LOOK_MS.untilCaughtUp : Math.min(LOOK_MS.forStalls, stallMs / 4)
  try {
    while (!signal.aborted) {
      for (const { runner, dog } of watched) {
        const { name } = runner.worker
        const { stalled, hopeless } = dog.look(runner.tasks, performance.now())
        for (const partition of stalled) options.onEvent({ worker: name, kind: 'stalled', message: standsStill(partition, stallMs) }) // prettier-ignore
        if (hopeless !== undefined) throw stuck(name, hopeless, stallMs)
      }
      if (options.untilCaughtUp && (await allCaughtUp(client, runners, signal))) {
        for (const { worker } of runners) options.onEvent({ worker: worker.name, kind: 'caught-up', message: 'nothing is left to read' }) // prettier-ignore
        return
      }
      await sleep(lookMs, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    await client.close()
  }
}

/** One may feed another: all must have reached fresh ends of their inputs without any of them having processed in between. What they wrote can be read then. */
async function allCaughtUp(client: Client, runners: readonly Runner[], signal: AbortSignal): Promise<boolean> {
  const processed = (): number => runners.reduce((sum, { counts }) => sum + counts.processed, 0)
  const idle = (): boolean => runners.every((runner) => runner.idle)
  if (!idle()) return false
  for (const runner of runners) if (await runner.topicsChanged()) return false
  await untilReadable(client.shared, writtenBy(runners), signal)
  const before = processed()
  for (let look = 0; look < 2; look++) {
    const inputs = runners.flatMap(({ tasks }) => tasks.flatMap((task) => [...task.inputs]))
    const ends = await retrying(() => listOffsets(client.shared, inputs, 'stable'), { timeoutMs: 8_000 })
    if (!idle() || inputs.some(({ topic, partition, processed: at }) => at < (ends.of(topic, partition) ?? 0)))
      return false
  }
  return processed() === before
}

function writtenBy(runners: readonly Runner[]): string[] {
  const topics = runners.flatMap(({ worker: { name, output } }) => [output.name, inboxTopic(name)])
  return runners.some(({ counts }) => counts.deadLetters > 0) ? [...topics, DEAD_LETTERS] : topics
}

const standsStill = (partition: number, stallMs: number): string =>
  `partition ${partition} has had work and made no progress for ${stallMs / 1000} s`

const stuck = (worker: string, partition: number, stallMs: number): PayflowError =>
  new PayflowError('STALLED', `${worker}: ${standsStill(partition, stallMs)}`, {
    kind: 'failed',
    hint: 'whoever runs it starts it again; see `payflow infra status` and `payflow groups describe`',
  })
