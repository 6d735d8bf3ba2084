import { decide, type Transactions } from './decided.ts'
import { decompressed } from './decompress.ts'
import { arePlain, firstHole } from './gaps.ts'
import { readRecordBatches, type RecordBatch } from './record-batch.ts'
import { BatchCursor } from './record-cursor.ts'
import type { Place } from './unreadable.ts'
import type { RecordCursor, RecordSet } from '../records.ts'

export interface FetchedBytes {
  /** The record set of a fetch response. */
  readonly bytes: Buffer
  readonly at: Place
  readonly fetchOffset: number
  /** Undefined when uncommitted records are to be read. */
  readonly transactions: Transactions | undefined
}

class BatchRecordSet implements RecordSet {
  readonly nextOffset: number
  readonly count: number
  readonly byteLength: number
  readonly #batches: readonly RecordBatch[]
  readonly #fetched: readonly RecordBatch[]
  readonly #fetchOffset: number
  readonly #at: Place

  constructor(
    batches: readonly RecordBatch[],
    fetched: readonly RecordBatch[],
    fetchOffset: number,
    nextOffset: number,
    at: Place,
  ) {
    this.#batches = batches
    this.#fetched = fetched
    this.#fetchOffset = fetchOffset
    this.#at = at
    this.nextOffset = nextOffset
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
    return new BatchCursor(this.#batches, this.#fetchOffset, this.#at)
  }
}

export const noRecords = (fetchOffset: number, at: Place): RecordSet =>
  new BatchRecordSet([], [], fetchOffset, fetchOffset, at)

/** One fetch unpacks to so much at most, and one batch more: a consumer has several of them in memory. */
const UNPACKED_BYTES = 32 << 20

/** Ends before the first batch that cannot be read. @throws PayflowError when nothing can be read for that reason */
export async function decodeRecordSet({ bytes, at, fetchOffset, transactions }: FetchedBytes): Promise<RecordSet> {
  const { batches, visible: shown } = decide(readRecordBatches(bytes, at), transactions, fetchOffset)
  const visible = shown.filter((batch) => batch.lastOffset >= fetchOffset)
  const isCompressed = visible.some((batch) => batch.codec !== 0)
  const readable = isCompressed ? await unpackedOf(visible, at) : visible
  const left = visible[readable.length]
  const nextOffset = left ? Math.max(left.baseOffset, fetchOffset) : nextOffsetAfter(batches, fetchOffset)
  const fetched = left ? batches.filter(({ lastOffset }) => lastOffset < nextOffset) : batches
  return new BatchRecordSet(readable, fetched, fetchOffset, nextOffset, at)
}

async function unpackedOf(batches: readonly RecordBatch[], at: Place): Promise<RecordBatch[]> {
  const unpacked: RecordBatch[] = []
  let size = 0
  try {
    for (const packed of batches) {
      if (size >= UNPACKED_BYTES) break
      const batch = await decompressed(packed, at)
      size += batch.end - batch.start
      unpacked.push(batch)
    }
  } catch (error) {
    if (unpacked.length === 0) throw error
  }
  return unpacked
}

export function nextOffsetAfter(batches: readonly RecordBatch[], fetchOffset: number): number {
  const last = batches.at(-1)
  return last ? Math.max(last.lastOffset + 1, fetchOffset) : fetchOffset
}
