import type { Client } from './client.ts'
import { askController } from './controller.ts'
import { createTopicsApi, createTopicsRequest, type TopicAnswer } from './wire/topics.ts'

/**
 * The topics among `names` that the controller would refuse to create because they exist. One that is marked for deletion does:
 * ZooKeeper holds it for a while after the brokers' metadata have forgotten it, and for as long as a broker with one of its replicas
 * is down. Nothing is created. Where the right to create a topic is missing, it does not count: only metadata tell then.
 */
export async function refusedAsExisting(client: Client, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return []
  const topics = names.map((topic) => ({ topic, partitions: 1, replicationFactor: 1 }))
  const options = { validateOnly: true, timeoutMs: 10_000 }
  // the controller looks whether a topic exists before it looks at anything else
  const answers = await askController(client.shared, createTopicsApi, () => createTopicsRequest(topics, options))
  return namesRefusedAsExisting(answers)
}

const TOPIC_ALREADY_EXISTS = 36
/** THROTTLING_QUOTA_EXCEEDED: a controller that throttles has not looked yet. */
const holdsTheName = new Set([TOPIC_ALREADY_EXISTS, 89])

export const namesRefusedAsExisting = (answers: readonly TopicAnswer[]): string[] =>
  answers.flatMap(({ topic, errorCode }) => (holdsTheName.has(errorCode) ? [topic] : []))
