import type { Connection } from './connection.ts'
import type { Broker } from './transport.ts'
import { metadataApi, metadataRequest } from './wire/metadata.ts'
import { type TopicPartition, byLeader, byTopic } from './partitions.ts'

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
  const ids = new Map<string, string>()
  for (const [broker, led] of await byLeader(connection, partitions))
    for (const [topic, { id }] of await asked(connection, broker, [...byTopic(led).keys()]))
      if (id !== undefined) ids.set(topic, id)
  return ids
}

async function asked(
  connection: Connection,
  broker: Broker,
  names: readonly string[],
): Promise<Map<string, TopicIdentity>> {
  const { apiVersion, withIds } = metadataApi
  const version = (broker.versions?.[metadataApi.apiKey]?.maxVersion ?? 0) >= withIds ? withIds : apiVersion
  const { topicMetadata } = await connection.send(broker, metadataRequest(names, version))
  const there = topicMetadata.filter(({ topicErrorCode }) => topicErrorCode === 0)
  return new Map(there.map(({ topic, id, partitionMetadata }) => [topic, { id, partitions: partitionMetadata.length }]))
}
