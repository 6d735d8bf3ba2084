import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../kafka/connection.ts'
import { listOffsets } from '../kafka/offsets.ts'
import { retrying } from '../kafka/retry.ts'

/** Transactions that somebody else leaves open are not waited for any longer. */
const PATIENCE_MS = 5_000
const ASK_AGAIN_MS = 20

/**
 * Returns when a read-committed reader sees all that is in the topics by now: it sees a transaction only when its
 * markers are written, a moment after its commit was answered. Another's open transaction hides what lies behind it.
 * Returns early when the signal is aborted.
 */
export async function untilReadable(
  connection: Connection,
  topics: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const patience = { timeoutMs: 8_000 }
  const partitionsOf = async (topic: string) => Array.from({ length: await connection.partitions(topic) }, (_, partition) => ({ topic, partition })) // prettier-ignore
  const partitions = (await retrying(() => Promise.all(topics.map(partitionsOf)), patience)).flat()
  const ends = await retrying(() => listOffsets(connection, partitions, 'latest'), patience)
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline && !signal?.aborted;) {
    const stable = await retrying(() => listOffsets(connection, partitions, 'stable'), patience)
    if ([...ends].every(([partition, end]) => (stable.get(partition) ?? 0) >= end)) return
    await sleep(ASK_AGAIN_MS)
  }
}
