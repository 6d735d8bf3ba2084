import type { Client } from '../kafka/client.ts'
import { retrying } from '../kafka/retry.ts'
import type { TopicLimits } from '../kafka/topic-limits.ts'
import type { AnyWorker } from '../pipeline/worker/definition.ts'
import { checkCluster, type Timeouts } from './cluster/check.ts'
import type { Finding } from './cluster/facts.ts'
import { prepareTopics } from './internal-topics.ts'
import type { OutputPartitions } from './task/processor.ts'

/** Time for an answer that is lost, for another one, and for the pauses between. */
const PATIENCE_MS = 20_000

/**
 * Has a worker's topics ready, looks at the cluster and learns what its topics take. An answer that is lost is asked for again: it is no reason
 * to end a worker. Undefined when the signal was aborted meanwhile. @throws what keeps it from working at all
 */
export async function prepareWorker(
  client: Client,
  worker: AnyWorker,
  options: Timeouts & { readonly replicationFactor: number },
  room: {
    readonly limits: TopicLimits
    readonly warn: (finding: Finding) => void
    readonly onRetry: (error: unknown) => void
    readonly signal: AbortSignal
  },
): Promise<OutputPartitions | undefined> {
  const attempt = async (): Promise<OutputPartitions> => {
    const partitions = await prepareTopics(client, worker, options.replicationFactor, room.signal)
    room.limits.learn(await checkCluster(client, worker, options, room))
    return partitions
  }
  try {
    return await retrying(attempt, { timeoutMs: PATIENCE_MS, signal: room.signal, onRetry: room.onRetry })
  } catch (error) {
    if (!room.signal.aborted) throw error
    return undefined
  }
}
