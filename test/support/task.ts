import { onTestFinished } from 'vitest'
import { TopicLimits } from '../../src/kafka/topic-limits.ts'
import { inboxTopic } from '../../src/pipeline/events/topics.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { Fetcher } from '../../src/runtime/task/fetcher.ts'
import { prepareTopics } from '../../src/runtime/internal-topics.ts'
import { Task } from '../../src/runtime/task/task.ts'
import type { TaskPhase } from '../../src/runtime/task/life.ts'
import { client, defaults } from './isolated.ts'

/** A task without a group: it owns its partition because it thinks so. `beforeAsking` holds up its first question for offsets. */
export function ownerOf(
  worker: AnyWorker,
  partition: number,
  { beforeAsking }: { beforeAsking?: () => Promise<void> } = {},
): { task: Task; done: Promise<void>; phases: TaskPhase[] } {
  const own = client()
  const phases: TaskPhase[] = []
  const fetcher = new Fetcher({ connection: own.connect(), lingerMs: 10, minBytes: 1, maxBytesPerPartition: 1 << 20 })
  const connection = own.connect()
  const coordinator = connection.coordinator.bind(connection)
  let held = beforeAsking
  connection.coordinator = async (...of) => {
    const first = held
    held = undefined
    await first?.()
    return coordinator(...of)
  }
  const inputs = Object.entries(worker.inputs)
  const task = new Task({
    client: own,
    connection,
    fetcher,
    worker,
    options: defaults(worker),
    partition,
    partitions: { input: 1, output: 1, deadLetters: 3 },
    topics: [
      ...inputs.map(([, { name }]) => ({ topic: name, isInbox: false })),
      { topic: inboxTopic(worker.name), isInbox: true },
    ],
    aliases: new Map(inputs.map(([alias, spec]) => [spec.name, { alias, spec }])),
    transactionTimeoutMs: 5_000,
    compression: 'none',
    limits: new TopicLimits(),
    onEvent: (event) => event.kind === 'phase' && phases.push(event.to),
    onRestore: () => undefined,
  })
  const done = prepareTopics(own, worker, 1).then(() => task.run())
  onTestFinished(async () => {
    task.stop()
    await done.catch(() => undefined)
    fetcher.close()
  })
  return { task, done, phases }
}
