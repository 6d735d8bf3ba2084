import type { Client } from './client.ts'

/**
 * The topics among `names` that the controller would refuse to create because they exist. One that is marked for deletion does:
 * ZooKeeper holds it for a while after the brokers' metadata have forgotten it, and for as long as a broker with one of its replicas
 * is down. Nothing is created. Where the right to create a topic is missing, it does not count: only metadata tell then.
 */
export async function refusedAsExisting(client: Client, names: readonly string[]): Promise<string[]> {
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
