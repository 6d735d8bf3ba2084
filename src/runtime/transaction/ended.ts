import { classify, isConnectionError } from '../../kafka/errors.ts'
import type { TransactionResult } from '../events.ts'

/** What there is to say of a transaction that has ended. */
export interface EndedTransaction {
  readonly result: TransactionResult
  readonly partitions: number[]
  /** Input records that it was about. */
  readonly records: number
  readonly ms: number
}

export const endedTransaction = (
  parts: readonly { readonly partition: number; readonly records: number }[],
  startedMs: number,
  result: TransactionResult,
): EndedTransaction => ({
  result,
  partitions: parts.map(({ partition }) => partition),
  records: parts.reduce((sum, { records }) => sum + records, 0),
  ms: Math.round((performance.now() - startedMs) * 10) / 10,
})

/** How it ended that failed with this error; `committing`: its commit was sent. */
export function resultOf(error: unknown, committing: boolean): TransactionResult {
  if (committing && isConnectionError(error)) return 'unknown'
  return classify(error) === 'fenced' ? 'fenced' : 'aborted'
}
