import type { Connection } from './connection.ts'
import type { Broker } from './transport.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Partition numbers by topic. */
export function byTopic(partitions: Iterable<TopicPartition>): Map<string, number[]> {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const ids = topics.get(topic)
    if (ids) ids.push(partition)
    else topics.set(topic, [partition])
  }
  return topics
}

/**
 * Groups what is about partitions by the broker that leads them: one request each. `onUnknown` decides about an item whose leader cannot be
 * found: it is left out. @throws without it, what kept the first leader from being found
 */
export async function byLeader<Item extends TopicPartition>(
  connection: Connection,
  items: Iterable<Item>,
  onUnknown?: (error: unknown, item: Item) => void | Promise<void>,
): Promise<Map<Broker, Item[]>> {
  const groups = new Map<Broker, Item[]>()
  for (const item of items)
    try {
      const leader = await connection.leader(item.topic, item.partition)
      const group = groups.get(leader)
      if (group) group.push(item)
      else groups.set(leader, [item])
    } catch (error) {
      if (!onUnknown) throw error
      await onUnknown(error, item)
    }
  return groups
}
