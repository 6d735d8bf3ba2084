import { OffsetMap } from '../../kafka/offsets.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import { writeChanges, writeProgress } from '../state/changelog.ts'
import { failpoint } from '../failpoint.ts'
import type { Input } from './input.ts'
import type { Processor } from './processor.ts'
import type { StateStore } from '../../pipeline/worker/state.ts'
import type { TransactionalProducer } from '../producers/transactional.ts'

/**
 * One Kafka transaction:
 * 1. outputs, dead letters and strays, as the processor collected them
 * 2. one changelog record a changed key, and the progress record
 * 3. the group's offsets
 * 4. commit
 * Returns the progress as it is now committed. At any error the producer, the state and the inputs' positions are void.
 */
export async function commitTransaction(task: {
  readonly worker: string
  readonly partition: number
  readonly inputPartitions: number
  readonly producer: TransactionalProducer
  readonly processor: Processor
  readonly state: StateStore
  readonly inputs: readonly Input[]
  readonly progress: OffsetMap
  /** Input topic → its id. */
  readonly topicIds: Readonly<Record<string, string>>
}): Promise<OffsetMap> {
  const { worker, partition, producer, processor, state } = task
  const { buffers, eventTime } = processor
  const moved = task.inputs.filter((input) => input.processed !== input.committed)
  const progress = new OffsetMap(task.progress)
  for (const { topic, processed } of moved) progress.set(OffsetMap.keyOf(topic, partition), processed)
  writeChanges(buffers, worker, partition, state)
  writeProgress(buffers, worker, partition, {
    offsets: Object.fromEntries(progress),
    eventTime: Number.isFinite(eventTime) ? eventTime : null,
    partitions: task.inputPartitions,
    topicIds: task.topicIds,
  })
  for (const round of buffers.rounds()) {
    await producer.send(round)
    failpoint('after-first-output')
  }
  failpoint('after-outputs')
  await producer.sendOffsets(
    groupOf(worker),
    moved.map(({ topic, processed }) => ({ topic, partition, offset: processed })),
  )
  failpoint('after-offsets')
  await producer.commit(() => failpoint('commit-sent'))
  failpoint('after-commit')
  for (const input of moved) input.commit(input.processed)
  state.committed()
  buffers.clear()
  return progress
}
