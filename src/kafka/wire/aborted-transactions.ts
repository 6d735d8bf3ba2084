import type { RecordBatch } from './record-batch.ts'

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/**
 * Which batches a read-committed reader must not see. Batches are asked about in the order of their offsets: a producer's are hidden from the
 * first offset of its aborted transaction until the marker that aborts it. (KIP-98; all transactions begun by a batch's last offset are taken up
 * at once: kafkajs takes up one a record, and shows records of a second one that was already open at the fetch offset.)
 */
export class AbortedTransactions {
  readonly #coming: AbortedTransaction[]
  readonly #aborting = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#coming = transactions.toSorted((a, b) => b.firstOffset - a.firstOffset)
  }

  isVisible(batch: RecordBatch, isAbortMarker: boolean): boolean {
    for (let next = this.#coming.at(-1); next && next.firstOffset <= batch.lastOffset; next = this.#coming.at(-1)) {
      this.#aborting.add(next.producerId)
      this.#coming.pop()
    }
    if (batch.isControl) {
      if (this.#aborting.has(batch.producerId) && isAbortMarker) this.#aborting.delete(batch.producerId)
      return false
    }
    return !(batch.isTransactional && this.#aborting.has(batch.producerId))
  }
}
