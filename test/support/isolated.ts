import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { outputsOf, type AnyWorker } from '../../src/pipeline/worker/definition.ts'
import type { WorkerEvent } from '../../src/runtime/events.ts'
import { runWorkers, type RunWorkersOptions, type WorkerSummary } from '../../src/runtime/run-workers.ts'
import { brokers } from './broker.ts'

/** A worker with its own name and topics, so that tests on one broker do not meet. */
export interface Isolated {
  readonly worker: AnyWorker
  /** The definition's name of an input → the topic. */
  readonly topicOf: (alias: string) => string
  readonly output: string
  /** For test/support/worker-process.mjs. */
  readonly process: { base: string; name: string; topics: Record<string, string>; output: string }
}

export async function isolated(
  worker: AnyWorker,
  {
    partitions = 3,
    replicationFactor = 1,
    addresses = brokers(),
  }: { partitions?: number; replicationFactor?: number; addresses?: readonly string[] } = {},
): Promise<Isolated> {
  const suffix = randomUUID().slice(0, 8)
  const named = <Topic extends { name: string }>(topic: Topic): Topic => ({ ...topic, name: `${topic.name}-${suffix}` })
  const inputs = Object.fromEntries(Object.entries(worker.inputs).map(([alias, topic]) => [alias, named(topic)]))
  const outputs = worker.outputs && Object.fromEntries(Object.entries(worker.outputs).map(([alias, topic]) => [alias, named(topic)])) // prettier-ignore
  const own = { ...worker, name: `${worker.name}-${suffix}`, inputs, output: named(worker.output), ...(outputs && { outputs }) } // prettier-ignore
  const topics = [...Object.values(inputs), ...outputsOf(own)].map(({ name }) => ({
    topic: name,
    partitions,
    replicationFactor,
    // events of tests have times of their own, many longer ago than a broker keeps what is old
    config: { 'retention.ms': '-1' },
  }))
  await createTopics(client(addresses), topics)
  const names = Object.fromEntries(Object.entries(inputs).map(([alias, { name }]) => [alias, name]))
  return {
    worker: own,
    topicOf: (alias) => names[alias]!,
    output: own.output.name,
    process: { base: worker.file ?? worker.name, name: own.name, topics: names, output: own.output.name },
  }
}

/** A client of the shared broker, or of another, that closes itself. */
export function client(addresses: readonly string[] = brokers()): Client {
  const made = new Client({ brokers: addresses })
  onTestFinished(() => made.close())
  return made
}

export const defaults = (worker: AnyWorker): Record<string, unknown> =>
  Object.fromEntries(Object.entries(worker.options ?? {}).map(([name, option]) => [name, option.parse(option.default)]))

/** Runs workers in this process until nothing is left to read. */
export const runUntilCaughtUp = (
  workers: readonly AnyWorker[],
  more: Partial<RunWorkersOptions> = {},
): Promise<WorkerSummary[]> => start(workers, { untilCaughtUp: true, ...more }).done

/** Runs workers in this process; `stop` ends them gracefully. */
export function start(
  workers: readonly AnyWorker[],
  more: Partial<RunWorkersOptions> = {},
): { done: Promise<WorkerSummary[]>; stop: () => void; events: WorkerEvent[] } {
  const ended = new AbortController()
  const events: WorkerEvent[] = []
  const done = runWorkers({
    client: { brokers: brokers() },
    workers: workers.map((definition) => ({ definition, options: defaults(definition) })),
    replicationFactor: 1,
    sessionTimeoutMs: 6_000,
    untilCaughtUp: false,
    signal: ended.signal,
    onEvent: (event) => events.push(event),
    ...more,
  })
  onTestFinished(async () => {
    ended.abort()
    await done.catch(() => undefined)
  })
  return { done, stop: () => ended.abort(), events }
}

/** Moves of tasks as the events tell them, `from → to`; of one partition where it is named. */
export const movesOf = (events: readonly WorkerEvent[], partition?: number): string[] =>
  events.flatMap((event) =>
    event.kind === 'phase' && (partition === undefined || event.partition === partition)
      ? [`${event.from} → ${event.to}`]
      : [],
  )

/** The events of one kind. */
export const eventsOf = <Kind extends WorkerEvent['kind']>(
  events: readonly WorkerEvent[],
  kind: Kind,
): Extract<WorkerEvent, { kind: Kind }>[] =>
  events.filter((event): event is Extract<WorkerEvent, { kind: Kind }> => event.kind === kind)
