import { AbortedTransactions, type AbortedTransaction } from './aborted-transactions.ts'
import { decompressed } from './decompress.ts'
import { arePlain, firstHole } from './gaps.ts'
import { readRecordBatches, type RecordBatch } from './record-batch.ts'
import { BatchCursor } from './record-cursor.ts'
import type { RecordCursor, RecordSet } from './record-set.ts'

export interface FetchedBytes {
  /** The record set of a fetch response. */
  readonly bytes: Buffer
  readonly fetchOffset: number
  /** Empty when uncommitted records are to be read. */
  readonly aborted: readonly AbortedTransaction[]
}

class BatchRecordSet implements RecordSet {
  readonly nextOffset: number
  readonly count: number
  readonly byteLength: number
  readonly #batches: readonly RecordBatch[]
  readonly #fetched: readonly RecordBatch[]
  readonly #fetchOffset: number

  constructor(batches: readonly RecordBatch[], fetched: readonly RecordBatch[], fetchOffset: number) {
    this.#batches = batches
    this.#fetched = fetched
    this.#fetchOffset = fetchOffset
    this.nextOffset = nextOffsetAfter(fetched, fetchOffset)
    this.count = batches.reduce((sum, batch) => sum + batch.count, 0)
    this.byteLength = batches.reduce((sum, { start, end }) => sum + end - start, 0)
  }

  get firstHole(): number | undefined {
    return firstHole(this.#fetched, this.#fetchOffset)
  }

  get isPlain(): boolean {
    return arePlain(this.#fetched, this.#fetchOffset)
  }

  cursor(): RecordCursor {
    return new BatchCursor(this.#batches, this.#fetchOffset)
  }
}

/** Throws `MESSAGE_FORMAT` for records older than format 2, `UNSUPPORTED_COMPRESSION`, `CORRUPT_BATCH`. */
export async function decodeRecordSet({ bytes, fetchOffset, aborted }: FetchedBytes): Promise<RecordSet> {
  const batches = readRecordBatches(bytes)
  const visible = visibleBatches(batches, aborted).filter((batch) => batch.lastOffset >= fetchOffset)
  const isCompressed = visible.some((batch) => batch.codec !== 0)
  return new BatchRecordSet(isCompressed ? await Promise.all(visible.map(decompressed)) : visible, batches, fetchOffset)
}

export function nextOffsetAfter(batches: readonly RecordBatch[], fetchOffset: number): number {
  const last = batches.at(-1)
  return last ? Math.max(last.lastOffset + 1, fetchOffset) : fetchOffset
}

export function visibleBatches(batches: readonly RecordBatch[], aborted: readonly AbortedTransaction[]): RecordBatch[] {
  const transactions = new AbortedTransactions(aborted)
  return batches.filter((batch) => transactions.isVisible(batch, () => isAbortMarker(batch)) && batch.count > 0)
}

/** A control record's key is its version and its type, 16 bits each; type 0 aborts, 1 commits. */
function isAbortMarker(batch: RecordBatch): boolean {
  const cursor = new BatchCursor([batch], 0)
  return cursor.next() && cursor.key()?.readInt16BE(2) === 0
}
