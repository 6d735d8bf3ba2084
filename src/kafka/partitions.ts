import type { Connection } from './connection.ts'
import type { Broker } from './transport.ts'

const NOBODY = -1

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A partition, and where its log begins, if that is known. */
export interface LogPartition extends TopicPartition {
  readonly start?: number | undefined
}

/** What `valueOf` makes of each item, by topic. */
export function groupedByTopic<Item extends TopicPartition, Value>(
  items: Iterable<Item>,
  valueOf: (item: Item) => Value,
): Map<string, Value[]> {
  const topics = new Map<string, Value[]>()
  for (const item of items) {
    const values = topics.get(item.topic)
    if (values) values.push(valueOf(item))
    else topics.set(item.topic, [valueOf(item)])
  }
  return topics
}

/** Partition numbers by topic. */
export const byTopic = (partitions: Iterable<TopicPartition>): Map<string, number[]> =>
  groupedByTopic(partitions, ({ partition }) => partition)

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
  const met = new Map<number, Broker>()
  for (const item of items)
    try {
      // with hundreds of partitions, a promise for each would be most of what a small fetch costs
      const known = met.get(connection.knownLeader(item.topic, item.partition) ?? NOBODY)
      const leader = known ?? (await connection.leader(item.topic, item.partition))
      met.set(leader.nodeId, leader)
      const group = groups.get(leader)
      if (group) group.push(item)
      else groups.set(leader, [item])
    } catch (error) {
      if (!onUnknown) throw error
      await onUnknown(error, item)
    }
  return groups
}
