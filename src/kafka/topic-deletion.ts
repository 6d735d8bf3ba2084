import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError } from '../errors.ts'
import type { Client } from './client.ts'
import { refusedAsExisting } from './held-names.ts'
import { topicNames } from './topics.ts'

/**
 * Deletes topics (those that exist) and returns when each of them could be created again, also one that somebody else is deleting:
 * `deleteTopics` alone answers before that, and a creation that comes too early is refused because it exists.
 */
export async function deleteTopics(
  client: Client,
  names: readonly string[],
  { timeoutMs = 60_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const admin = await client.admin()
  const existing = (await topicNames(client)).filter((name) => names.includes(name))
  const deadline = performance.now() + timeoutMs
  for (let shown = existing, lookMs = 10; ; lookMs = Math.min(lookMs * 2, 200)) {
    signal?.throwIfAborted()
    if (shown.length > 0)
      await admin.deleteTopics({ topics: shown, timeout: 10_000 }).catch((error: unknown) => {
        if (performance.now() > deadline) throw error
      })
    shown = (await topicNames(client)).filter((name) => names.includes(name))
    const held = shown.length > 0 ? shown : await refusedAsExisting(client, names)
    if (held.length === 0) return existing
    if (performance.now() > deadline) throw notDeleted(held, shown, timeoutMs)
    await sleep(lookMs, undefined, signal ? { signal } : {})
  }
}

const notDeleted = (held: readonly string[], shown: readonly string[], timeoutMs: number): PayflowError =>
  new PayflowError(
    'TOPIC_NOT_DELETED',
    `${held.join(', ')} could not be deleted within ${timeoutMs / 1000} s${shown.length > 0 ? '' : ': still marked for deletion'}`,
    {
      kind: 'failed',
      hint:
        shown.length > 0
          ? 'look into the broker log with `payflow infra logs`; is delete.topic.enable off?'
          : 'a broker with one of its replicas is down or slow: look with `payflow infra status`, then run this again',
    },
  )
