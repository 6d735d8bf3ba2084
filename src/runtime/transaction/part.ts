import { PartitionError } from '../../kafka/errors.ts'
import type { OutputBuffers, PartitionRecords } from '../../kafka/output-buffers.ts'
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
