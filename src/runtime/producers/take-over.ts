import { codeOf } from '../../kafka/errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { initProducerId } from '../../kafka/requests.ts'
import { retrying } from '../../kafka/retry.ts'
import { needing } from '../../kafka/rights.ts'

export const CONCURRENT_TRANSACTIONS = 51

export interface TakeOverOptions {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  readonly patienceMs: number
  readonly signal?: AbortSignal
  readonly onRetry?: (error: unknown) => void
}

/** Fences whoever has the transactional id and ends its open transaction: waits for the markers. @throws when that takes longer than `patienceMs` */
export function takeOver(
  connection: Connection,
  { transactionalId, transactionTimeoutMs, patienceMs, signal, onRetry }: TakeOverOptions,
): Promise<{ producerId: string; producerEpoch: number }> {
  const right = { operation: 'Write', resource: 'transactional id', names: [transactionalId] } as const
  const attempt = async (): Promise<{ producerId: string; producerEpoch: number }> => {
    try {
      const coordinator = await connection.coordinator('transaction', transactionalId)
      return await needing([right], () => initProducerId(coordinator, { transactionalId, transactionTimeout: transactionTimeoutMs })) // prettier-ignore
    } catch (error) {
      if (codeOf(error) !== CONCURRENT_TRANSACTIONS) await connection.forget(error)
      throw error
    }
  }
  return retrying(attempt, { timeoutMs: patienceMs, signal, onRetry })
}
