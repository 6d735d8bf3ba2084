import type { Connection } from './connection.ts'
import {
  describeProducersApi,
  describeProducersRequest,
  describeTransactionRequest,
  describeTransactionsApi,
  listTransactionsApi,
  listTransactionsRequest,
} from './wire/transactions.ts'
import { serves } from './optional-requests.ts'
import type { TopicPartition } from './partitions.ts'

/** A transaction that read-committed readers of a partition wait for, as far as the brokers tell. */
export interface OpenTransaction {
  readonly producerId: string
  /** Its first offset in the partition. */
  readonly startOffset: number
  readonly transactionalId?: string | undefined
  /** ms since 1970: its begin, or what is known at least, the producer's last record. */
  readonly since?: number | undefined
  /** After which its coordinator ends it. */
  readonly timeoutMs?: number | undefined
  /** What its coordinator says of it: `Ongoing`, or that it knows of no open one. */
  readonly state?: string | undefined
}

/**
 * Whose transaction the partition's last stable offset waits for: the one that begins first. Undefined where none is open, and where the
 * broker does not serve the question (before Kafka 2.8). @throws what a broker answered
 */
export async function oldestOpenTransaction(
  connection: Connection,
  { topic, partition }: TopicPartition,
): Promise<OpenTransaction | undefined> {
  const leader = await connection.leader(topic, partition)
  if (!serves(leader, describeProducersApi)) return undefined
  const producers = await connection.send(leader, describeProducersRequest(topic, partition))
  const open = producers.filter(({ transactionStart }) => transactionStart >= 0)
  const [first] = open.sort((a, b) => a.transactionStart - b.transactionStart)
  if (!first) return undefined
  const { producerId, lastTimestamp, transactionStart: startOffset } = first
  const last = lastTimestamp >= 0 ? lastTimestamp : undefined
  const transactionalId = await transactionalIdOf(connection, producerId)
  if (transactionalId === undefined) return { producerId, startOffset, since: last }
  const coordinator = await connection.coordinator('transaction', transactionalId)
  const described = serves(coordinator, describeTransactionsApi)
    ? await connection.send(coordinator, describeTransactionRequest(transactionalId))
    : undefined
  const begun = described && described.startedAt >= 0 ? described.startedAt : last
  const { timeoutMs, state } = described ?? {}
  return { producerId, startOffset, transactionalId, since: begun, timeoutMs, state }
}

/** Only its coordinator knows, and that is found by the transactional id: every broker is asked. */
async function transactionalIdOf(connection: Connection, producerId: string): Promise<string | undefined> {
  for (const broker of await connection.all()) {
    if (!serves(broker, listTransactionsApi)) continue
    const [found] = await connection.send(broker, listTransactionsRequest([producerId]))
    if (found) return found.transactionalId
  }
  return undefined
}
