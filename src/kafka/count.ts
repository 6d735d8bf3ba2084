import { codeOf } from './errors.ts'
import type { Connection } from './connection.ts'
import { readPartition } from './read.ts'

export interface Span {
  readonly topic: string
  readonly partition: number
  readonly from: number
  /** Not beyond the last stable offset. */
  readonly to: number
}

const OFFSET_OUT_OF_RANGE = 1

/**
 * Counts what a read-committed reader sees between two offsets, chunk by chunk: commit markers, aborted and compacted records are none.
 * `firstMs`: when the first record was written, in ms since 1970; of the first chunk and the last only.
 */
export async function* countRecords(
  connection: Connection,
  { topic, partition, from, to }: Span,
): AsyncGenerator<{ records: number; nextOffset: number; firstMs: number | undefined }> {
  let isFirst = true
  for await (const { records } of readPartition(connection, { topic, partition, from, to })) {
    // a batch that reaches beyond either end is counted record by record
    let count = isFirst || records.nextOffset > to ? 0 : records.count
    let firstMs: number | undefined
    if (isFirst || records.nextOffset > to)
      for (const cursor = records.cursor(); cursor.next();) {
        if (cursor.offset >= to) continue
        if (count++ === 0 && cursor.timestamp >= 0) firstMs = cursor.timestamp
      }
    isFirst = false
    yield { records: count, nextOffset: Math.min(records.nextOffset, to), firstMs }
  }
}

/**
 * Whether the offsets of a partition count its records: nobody writes it in transactions, and nothing is compacted away. Looks at its
 * first batch, one in the middle, and its last one.
 */
export async function offsetsCount(
  connection: Connection,
  { topic, partition, start, end }: { topic: string; partition: number; start: number; end: number },
): Promise<boolean> {
  for (const from of new Set([start, Math.floor((start + end - 1) / 2), end - 1])) {
    const look = { topic, partition, from, to: from + 1, maxBytes: 1, isolation: 'read_uncommitted' } as const
    try {
      for await (const { records } of readPartition(connection, look)) if (!records.isPlain) return false
    } catch (error) {
      if (codeOf(error) === OFFSET_OUT_OF_RANGE) return false // deleted a moment ago
      throw error
    }
  }
  return true
}
