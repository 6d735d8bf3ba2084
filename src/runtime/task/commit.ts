import { OffsetMap } from '../../kafka/offsets.ts'
import { writeChanges, writeProgress } from '../state/changelog.ts'
import type { OffsetCommit } from '../producers/transactional.ts'
import type { StateStore } from '../../pipeline/worker/state.ts'
import type { Input } from './input.ts'
import type { Processor } from './processor.ts'

export interface PreparedCommit {
  readonly offsets: readonly OffsetCommit[]
  /** The progress as it will be. */
  readonly progress: OffsetMap
  /** To be called once it is committed. */
  readonly done: () => void
}

/**
 * Completes what the processor has collected to a task's part of a transaction: one changelog record a changed key, the progress record,
 * and the group's offsets. @throws LargeState
 */
export function prepareCommit(task: {
  readonly worker: string
  readonly partition: number
  readonly inputPartitions: number
  readonly processor: Processor
  readonly state: StateStore
  readonly inputs: readonly Input[]
  readonly progress: OffsetMap
  /** Input topic → its id. */
  readonly topicIds: Readonly<Record<string, string>>
}): PreparedCommit {
  const { worker, partition, processor, state } = task
  const { buffers, eventTime } = processor
  const moved = task.inputs.filter((input) => input.processed !== input.committed)
  const offsets = moved.map(({ topic, processed }) => ({ topic, partition, offset: processed }))
  const progress = new OffsetMap(task.progress)
  for (const { topic, offset } of offsets) progress.set(OffsetMap.keyOf(topic, partition), offset)
  writeChanges(buffers, worker, partition, state)
  writeProgress(buffers, worker, partition, {
    offsets: Object.fromEntries(progress),
    eventTime: Number.isFinite(eventTime) ? eventTime : null,
    partitions: task.inputPartitions,
    topicIds: task.topicIds,
  })
  const done = (): void => {
    for (const [i, input] of moved.entries()) input.commit(offsets[i]!.offset)
    state.committed()
    buffers.clear()
  }
  return { offsets, progress, done }
}
