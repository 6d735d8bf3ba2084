import { PartitionError } from '../../kafka/errors.ts'
import type { OutputBuffers, PartitionRecords } from '../../kafka/output-buffers.ts'
import type { ProduceResult } from '../../kafka/records.ts'
import type { OffsetCommit } from '../producers/transactional.ts'

/** What one task has ready to be committed. */
export interface Part {
  readonly partition: number
  /** Stay untouched until it is settled. */
  readonly buffers: OutputBuffers
  readonly offsets: readonly OffsetCommit[]
  /** False as soon as the group has given the partition to somebody else, or may have for a while. */
  readonly isOwned: () => boolean
  /** Input records that it is about. */
  readonly records: number
  /** Told where records of it were written, in an open transaction: the offset after the last one. */
  readonly onWritten?: (topic: string, nextOffset: number) => void
}

/** Nothing of it was committed, for no reason of its own: the task begins again. */
export class Undone extends Error {
  override readonly name: string = 'Undone'
}

/** Records, and the task that has them. */
export interface OfPart extends PartitionRecords {
  readonly part: Part
}

/** Whose records it was that a broker has refused. */
export function accuse(guilty: Set<Part>, batches: readonly OfPart[], error: unknown): void {
  if (!(error instanceof PartitionError)) return
  const refused = batches.find(({ topic, partition }) => topic === error.topic && partition === error.partition)
  if (refused) guilty.add(refused.part)
}

/** Tells the parts of these batches where they were written, as far as a broker has said so. */
export function tellWritten(batches: readonly OfPart[], results: readonly ProduceResult[]): void {
  for (const { topic, partition, part, records } of batches) {
    const found = part.onWritten && results.find((result) => result.topic === topic && result.partition === partition)
    if (found && found.baseOffset >= 0) part.onWritten(topic, found.baseOffset + records.count)
  }
}
