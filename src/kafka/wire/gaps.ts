import type { RecordBatch } from './record-batch.ts'

/**
 * Where the first record is missing from `from` on; undefined when the batches follow on one another. Commit markers and aborted
 * records have batches too, so that only compaction leaves a hole. One inside a batch shows in where its batch begins.
 */
export function firstHole(batches: readonly RecordBatch[], from: number): number | undefined {
  let next = from
  for (const { baseOffset, lastOffset, count } of batches) {
    if (baseOffset > next) return next
    if (count < lastOffset - baseOffset + 1) return Math.max(baseOffset, from)
    next = lastOffset + 1
  }
  return undefined
}

/** Whether every offset is a record that everybody sees: none belongs to a transaction, and none is gone. */
export const arePlain = (batches: readonly RecordBatch[], from: number): boolean =>
  batches.every(({ isTransactional, isControl }) => !isTransactional && !isControl) &&
  firstHole(batches, from) === undefined
