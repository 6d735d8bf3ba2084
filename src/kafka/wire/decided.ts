import { AbortedTransactions, type AbortedTransaction } from './aborted-transactions.ts'
import type { RecordBatch } from './record-batch.ts'
import { BatchCursor } from './record-cursor.ts'
import type { Place } from './unreadable.ts'

/** What a broker says of the transactions in the batches of a fetch. */
export interface Transactions {
  readonly aborted: readonly AbortedTransaction[]
  /** All before it is decided. */
  readonly lastStableOffset: number
}

interface Decided {
  /** Without what is left to the next fetch. */
  readonly batches: readonly RecordBatch[]
  /** What the reader is shown. */
  readonly visible: RecordBatch[]
}

/**
 * What a reader may be shown of these batches; without `transactions` it reads uncommitted records too. A broker's list of aborted transactions
 * may lack some: a replica that has caught up over several transactions in one append notes a last stable offset for the first of them that
 * lies behind the others, and when it leads, its search of the list ends there (seen on 3.9.1; every client is shown those records). So an
 * abort marker counts as well, and a transaction whose marker is not in this fetch is left to the next one, where that gets on.
 */
export function decide(
  batches: readonly RecordBatch[],
  transactions: Transactions | undefined,
  fetchOffset: number,
): Decided {
  if (!transactions) return { batches, visible: batches.filter(({ isControl, count }) => !isControl && count > 0) }
  const listed = new AbortedTransactions(transactions.aborted)
  const open = new Map<bigint, RecordBatch[]>()
  const hidden = new Set<RecordBatch>()
  const shown: RecordBatch[] = []
  for (const batch of batches) {
    const marker = batch.isControl ? markerOf(batch) : undefined
    const isShown = listed.isVisible(batch, marker === 'abort')
    if (marker !== undefined) {
      if (marker === 'abort') for (const aborted of open.get(batch.producerId) ?? []) hidden.add(aborted)
      open.delete(batch.producerId)
    } else if (isShown && batch.isTransactional) {
      const begun = open.get(batch.producerId)
      if (begun) begun.push(batch)
      else open.set(batch.producerId, [batch])
    }
    if (isShown && batch.count > 0) shown.push(batch)
  }
  const end = endOfDecided(batches, open, { fetchOffset, lastStableOffset: transactions.lastStableOffset })
  const isLeft = (batch: RecordBatch): boolean => batch.lastOffset >= end
  return {
    batches: end < Infinity ? batches.filter((batch) => !isLeft(batch)) : batches,
    visible: shown.filter((batch) => !hidden.has(batch) && !isLeft(batch)),
  }
}

/** Where the first transaction begins whose marker is to come; Infinity where none is, or where nothing would be got on with before it. */
function endOfDecided(
  batches: readonly RecordBatch[],
  open: ReadonlyMap<bigint, readonly RecordBatch[]>,
  { fetchOffset, lastStableOffset }: { fetchOffset: number; lastStableOffset: number },
): number {
  const last = batches.at(-1)
  // compaction may have taken a marker away: at the end of what is decided, none will come
  if (open.size === 0 || !last || last.lastOffset + 1 >= lastStableOffset) return Infinity
  const end = Math.min(...[...open.values()].map(([first]) => first!.baseOffset))
  const getsOn = batches.some(({ lastOffset }) => lastOffset >= fetchOffset && lastOffset < end)
  return getsOn ? end : Infinity
}

const nowhere: Place = { topic: '', partition: 0 }
const markers: Readonly<Record<number, 'abort' | 'commit'>> = { 0: 'abort', 1: 'commit' }

/** A control record's key is its version and its type, 16 bits each. Undefined: it ends no transaction. */
function markerOf(batch: RecordBatch): 'abort' | 'commit' | undefined {
  const cursor = new BatchCursor([batch], 0, nowhere)
  const type = cursor.next() ? cursor.key()?.readInt16BE(2) : undefined
  return type === undefined ? undefined : markers[type]
}
