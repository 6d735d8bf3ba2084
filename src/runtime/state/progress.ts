import { OffsetMap } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

/** The progress record's key; no state key can be it, because state keys come from events. */
export const PROGRESS_KEY = '\u0000progress'

/** What the last transaction said beside its state: where the inputs are, and the task's event time in ms. */
export interface Progress {
  /** `topic/partition` → next offset. */
  readonly offsets: Readonly<Record<string, number>>
  readonly eventTime: number | null
  /** Partition count of the inputs for which this state was kept. */
  readonly partitions: number
  /** Topic → the id of the topic that the offsets are of. Absent in records of earlier versions, and where topics have no ids. */
  readonly topicIds?: Readonly<Record<string, string>>
  /** Timers that are due at this event time have still to fire, before anything else is read. */
  readonly firing?: boolean
  /** `payflow worker reset` has begun, and not ended, to delete what this record belongs to. */
  readonly resetting?: boolean
}

/** The next offset to read of an input; undefined when the record says nothing of it. */
export const recordedOffset = (
  progress: Progress | undefined,
  { topic, partition }: TopicPartition,
): number | undefined => progress?.offsets[OffsetMap.keyOf(topic, partition)]
