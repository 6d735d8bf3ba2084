import { OffsetMap } from '../../kafka/offsets.ts'
import { writeChanges, writeProgress } from '../state/changelog.ts'
import type { OffsetCommit } from '../producers/transactional.ts'
import type { Progress } from '../state/progress.ts'
import type { TaskState } from '../state/task-state.ts'
import type { Input } from './input.ts'
import type { Processor } from './processor.ts'

export interface PreparedCommit {
  readonly offsets: readonly OffsetCommit[]
  /** The progress as it will be. */
  readonly progress: OffsetMap
  /** To be called once it is committed; `nextOffset`: of the changelog, undefined where it is not known. @throws StateFault */
  readonly done: (nextOffset: number | undefined) => Promise<void> | undefined
}

/** Where nothing was read because timers fire, the offsets are committed once more: with them the group refuses who is not its member any more. */
function movedOf(inputs: readonly Input[], isRecorded: (topic: string) => boolean): readonly Input[] {
  const moved = inputs.filter((input) => input.processed !== input.committed)
  return moved.length > 0 ? moved : inputs.filter(({ topic }) => isRecorded(topic))
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
  readonly state: TaskState
  readonly inputs: readonly Input[]
  readonly progress: OffsetMap
  /** Input topic → its id. */
  readonly topicIds: Readonly<Record<string, string>>
}): PreparedCommit {
  const { worker, partition, processor, state } = task
  const { buffers, eventTime } = processor
  const moved = movedOf(task.inputs, (topic) => task.progress.has(OffsetMap.keyOf(topic, partition)))
  const offsets = moved.map(({ topic, processed }) => ({ topic, partition, offset: processed }))
  const progress = new OffsetMap(task.progress)
  for (const { topic, offset } of offsets) progress.set(OffsetMap.keyOf(topic, partition), offset)
  writeChanges(buffers, worker, partition, state)
  const record: Progress = {
    offsets: Object.fromEntries(progress),
    eventTime: Number.isFinite(eventTime) ? eventTime : null,
    partitions: task.inputPartitions,
    topicIds: task.topicIds,
    ...(processor.isFiring && { firing: true }),
  }
  writeProgress(buffers, worker, partition, record)
  const done = (nextOffset: number | undefined): Promise<void> | undefined => {
    for (const [i, input] of moved.entries()) input.commit(offsets[i]!.offset)
    buffers.clear()
    // the progress record is the last one of its part
    return state.committed(
      nextOffset === undefined
        ? undefined
        : { position: nextOffset, progress: record, progressOffset: nextOffset - 1, completeAtMs: Date.now() },
    )
  }
  return { offsets, progress, done }
}
