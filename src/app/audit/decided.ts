import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listOffsets, type OffsetMap, type Position } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { retrying } from '../../kafka/retry.ts'

/** Longer than the transactions of workers may last. */
const DECIDE_MS = 60_000

/** Offsets of partitions, for which brokers that are away for a moment are asked again. */
export const patientOffsets = (
  client: Client,
  at: readonly TopicPartition[],
  position: Position,
  signal: AbortSignal,
): Promise<OffsetMap> => retrying(() => listOffsets(client.shared, at, position), { timeoutMs: 30_000, signal })

/** Returns when no transaction below `ends` is open any more. @throws PayflowError when one stays open */
export async function decided(
  client: Client,
  partitions: readonly TopicPartition[],
  ends: OffsetMap,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + DECIDE_MS
  for (;;) {
    const stable = await patientOffsets(client, partitions, 'stable', signal)
    const open = partitions.find(({ topic, partition }) => (stable.of(topic, partition) ?? 0) < (ends.of(topic, partition) ?? 0)) // prettier-ignore
    if (!open) return
    if (performance.now() > deadline)
      throw new PayflowError('TRANSACTION_OPEN', `A transaction in ${open.topic}/${open.partition} has been open for more than ${DECIDE_MS / 1000} s`, { kind: 'failed', hint: 'its producer hangs: stop it, and run the audit again when the transaction has timed out' }) // prettier-ignore
    await sleep(50, undefined, { signal })
  }
}
