import { Client } from '../../kafka/client.ts'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { pause } from '../poll.ts'

/**
 * Returns when the broker at `address` tells of each of `topics` and who leads its partitions. A broker that starts
 * again answers before that, as if it had no topics: its controller tells it of them a moment later.
 * A topic whose deletion was under way never comes back: after `timeoutMs` that is accepted.
 */
export async function waitForTopics(
  address: string,
  { topics, timeoutMs, signal, log }: { topics: readonly string[]; timeoutMs: number; signal: AbortSignal; log: Log },
): Promise<void> {
  if (topics.length === 0) return
  const client = new Client({ brokers: [address], clientId: 'payflow-ready', log })
  const deadline = Date.now() + timeoutMs
  try {
    const known = () =>
      allLed(client, topics).catch((error: unknown) => {
        log('debug', 'topics-unknown', { address, error: messageOf(error) })
        return false
      })
    while (!(await known()) && Date.now() < deadline) await pause(50, signal)
  } finally {
    void client.close()
  }
}

async function allLed(client: Client, wanted: readonly string[]): Promise<boolean> {
  const { topicMetadata } = await client.shared.metadata('all')
  const led = topicMetadata.filter(({ partitionMetadata }) => partitionMetadata.every(({ leader }) => leader >= 0)).map(({ topic }) => topic) // prettier-ignore
  return wanted.every((name) => led.includes(name))
}
