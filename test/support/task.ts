import { onTestFinished } from 'vitest'
import { nobody, type GroupPlace } from '../../src/kafka/requests.ts'
import { TopicLimits } from '../../src/kafka/topic-limits.ts'
import { noLog } from '../../src/log.ts'
import { groupOf } from '../../src/pipeline/events/topics.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { Fetcher } from '../../src/runtime/task/fetcher.ts'
import { prepareTopics } from '../../src/runtime/internal-topics.ts'
import { Committer } from '../../src/runtime/transaction/committer.ts'
import { Task } from '../../src/runtime/task/task.ts'
import type { TaskPhase } from '../../src/runtime/task/life.ts'
import { client, defaults } from './isolated.ts'

/**
 * A task that owns its partition because it thinks so: by a place in the group that nobody takes from it, and a slot. `beforeRestoring` holds
 * it up between its question for offsets and its state.
 */
export function ownerOf(
  worker: AnyWorker,
  partition: number,
  {
    beforeRestoring,
    place = nobody,
    slot = 0,
  }: { beforeRestoring?: () => Promise<void>; place?: GroupPlace; slot?: number } = {},
): { task: Task; done: Promise<void>; phases: TaskPhase[] } {
  const own = client()
  const phases: TaskPhase[] = []
  const fetcher = new Fetcher({ connection: own.connect(), lingerMs: 10, maxBytesPerPartition: 1 << 20 })
  const connection = own.connect()
  const leader = connection.leader.bind(connection)
  let held = beforeRestoring
  connection.leader = async (...of) => {
    const first = held
    held = undefined
    await first?.()
    return leader(...of)
  }
  const committer = new Committer({
    client: own,
    worker: worker.name,
    group: groupOf(worker.name),
    transactionTimeoutMs: 5_000,
    compression: 'none',
    log: noLog,
  })
  committer.assigned({ place, slot, freeSlots: [], settle: () => undefined })
  const task = new Task({
    client: own,
    connection,
    fetcher,
    worker,
    options: defaults(worker),
    partition,
    partitions: { input: 1, output: 1, outputs: new Map([[worker.output.name, 1]]), deadLetters: 3 },
    committer,
    limits: new TopicLimits(),
    onEvent: (event) => event.kind === 'phase' && phases.push(event.to),
  })
  const done = prepareTopics(own, worker, 1).then(() => task.run())
  onTestFinished(async () => {
    task.stop()
    await done.catch(() => undefined)
    await committer.close()
    fetcher.close()
  })
  return { task, done, phases }
}
