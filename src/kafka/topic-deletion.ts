import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError } from '../errors.ts'
import type { Client } from './client.ts'
import { topicNames } from './topics.ts'

/**
 * The topics among `names` that the controller would refuse to create because they exist. One that is marked for deletion does:
 * ZooKeeper holds it for a while after the brokers' metadata have forgotten it, and for as long as a broker with one of its replicas
 * is down. Nothing is created. Where the right to create a topic is missing, it does not count: only metadata tell then.
 */
async function refusedAsExisting(client: Client, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return []
  const admin = await client.admin()
  const topics = names.map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 }))
  try {
    // the controller looks whether a topic exists before it looks at anything else
    const allowed = await admin.createTopics({ validateOnly: true, waitForLeaders: false, timeout: 10_000, topics })
    return allowed ? [] : [...names]
  } catch (error) {
    return namesRefusedAsExisting(error)
  }
}

/** @throws the error itself when it is not about single topics */
export function namesRefusedAsExisting(error: unknown): string[] {
  if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) throw error
  return (error.errors as readonly { type?: string; topic?: string }[]).flatMap(({ type = '', topic }) =>
    holdsTheName.has(type) && topic !== undefined ? [topic] : [],
  )
}

/** A controller that throttles has not looked yet. */
const holdsTheName = new Set(['TOPIC_ALREADY_EXISTS', 'THROTTLING_QUOTA_EXCEEDED'])

/**
 * Deletes topics (those that exist) and returns when each of them could be created again, also one that somebody else is deleting:
 * `deleteTopics` alone answers before that, and who creates one too early is told that it exists.
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
