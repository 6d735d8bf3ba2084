// Topics, groups and offsets of the bench's broker.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '../../dist/kafka/client.js'
import { deleteGroups } from '../../dist/kafka/group-deletion.js'
import { listGroups, membersByGroup } from '../../dist/kafka/groups.js'
import { committedOffsets, listOffsets } from '../../dist/kafka/offsets.js'
import { leaveGroup } from '../../dist/kafka/requests.js'
import { retrying } from '../../dist/kafka/retry.js'
import { createTopics } from '../../dist/kafka/topic-creation.js'
import { deleteTopics } from '../../dist/kafka/topic-deletion.js'
import { topicNames } from '../../dist/kafka/topics.js'

export const PARTITIONS = 3
export const inputs = ['orders', 'payments']
export const outputs = ['failed_payments', 'large_orders', 'aggregated_revenue', 'frequent_failed_payments']
const patience = { timeoutMs: 20_000 }

export class Cluster {
  /** `count`: partitions of every topic. */
  constructor(brokers, count = PARTITIONS) {
    this.brokers = brokers
    this.count = count
    this.client = new Client({ brokers: brokers.split(','), clientId: 'bench' })
  }

  get connection() {
    return this.client.shared
  }

  partitions = (topics) =>
    topics.flatMap((topic) => Array.from({ length: this.count }, (_, partition) => ({ topic, partition })))
  ends = (topics, position = 'latest') =>
    retrying(() => listOffsets(this.connection, this.partitions(topics), position), patience)

  /** Everything but `keep` is deleted, topics and groups. Then the topics named are made. */
  async fresh(topics, keep = []) {
    const mine = (await topicNames(this.client)).filter((name) => !name.startsWith('__') && !keep.includes(name))
    await deleteTopics(this.client, mine)
    const ids = (await listGroups(this.client)).map(({ group }) => group)
    await this.vacate(ids)
    await deleteGroups(this.client, ids, patience)
    await sleep(1_000)
    await createTopics(
      this.client,
      topics.map((topic) => ({ topic, partitions: this.count, replicationFactor: 1 })),
    )
  }

  /** Lets the members of groups leave that have not: Kafka Streams ends without a word, and would keep its successor waiting for 45 s. */
  async vacate(ids) {
    if (ids.length === 0) return
    for (const { group: groupId, members } of await membersByGroup(this.client, (group) => ids.includes(group)))
      for (const { id: memberId } of members ?? []) {
        const coordinator = await this.connection.coordinator('group', groupId)
        await leaveGroup(coordinator, { groupId, memberId }).catch(() => undefined)
      }
  }

  /** For each partition, the offset of the slowest of these groups that read it (`groups`: the topics of each). */
  async committed(groups) {
    const least = new Map()
    const ask = async ([group, topics]) => {
      const partitions = this.partitions(topics)
      const found = await committedOffsets(this.connection, group, partitions).catch(() => new Map())
      for (const { topic, partition } of partitions) {
        const key = `${topic}/${partition}`
        least.set(key, Math.min(least.get(key) ?? Infinity, found.get(key) ?? 0))
      }
    }
    await Promise.all(Object.entries(groups).map(ask))
    return least
  }

  close = () => this.client.close()
}
