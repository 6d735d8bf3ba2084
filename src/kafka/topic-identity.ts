import { codeOf } from './errors.ts'
import type { Connection } from './connection.ts'
import type { Broker } from './kafkajs/internals.ts'
import type { TopicPartition } from './offsets.ts'
import { topicMetadataApi, topicMetadataRequest } from './wire/topic-metadata.ts'

/** What tells a topic from one of the same name that was there before it, and how wide it is. */
export interface TopicIdentity {
  /** Undefined where the broker gives topics no ids: before 2.8. */
  readonly id: string | undefined
  readonly partitions: number
}

/** The topics that exist among `names`, as a broker sees them now: no metadata that a client remembers. */
export async function topicIdentities(
  connection: Connection,
  names: readonly string[],
): Promise<Map<string, TopicIdentity>> {
  const broker = await connection.any()
  return asked(connection, broker, [...new Set(names)])
}

/** The ids of these partitions' topics, as their leaders know them: another broker may be behind. */
export async function topicIds(
  connection: Connection,
  partitions: readonly TopicPartition[],
): Promise<Map<string, string>> {
  const byBroker = new Map<Broker, string[]>()
  for (const { topic, partition } of partitions) {
    const broker = await connection.leader(topic, partition)
    byBroker.set(broker, [...(byBroker.get(broker) ?? []), topic])
  }
  const ids = new Map<string, string>()
  for (const [broker, topics] of byBroker)
    for (const [topic, { id }] of await asked(connection, broker, topics)) if (id !== undefined) ids.set(topic, id)
  return ids
}

async function asked(
  connection: Connection,
  broker: Broker,
  names: readonly string[],
): Promise<Map<string, TopicIdentity>> {
  try {
    if ((broker.versions?.[topicMetadataApi.apiKey]?.maxVersion ?? 0) < topicMetadataApi.apiVersion)
      return await withoutIds(broker, names)
    const topics = await broker.connectionPool.send(topicMetadataRequest(names))
    return new Map(topics.flatMap(({ topic, errorCode, ...found }) => (errorCode === 0 ? [[topic, found]] : [])))
  } catch (error) {
    await connection.forget(error, broker)
    throw error
  }
}

async function withoutIds(broker: Broker, names: readonly string[]): Promise<Map<string, TopicIdentity>> {
  const found = new Map<string, TopicIdentity>()
  for (const name of names)
    try {
      const { topicMetadata } = await broker.metadata([name])
      for (const { topic, partitionMetadata } of topicMetadata)
        found.set(topic, { id: undefined, partitions: partitionMetadata.length })
    } catch (error) {
      if (codeOf(error) !== UNKNOWN_TOPIC) throw error
    }
  return found
}

const UNKNOWN_TOPIC = 3
