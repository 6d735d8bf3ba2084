import { topicsNotFound } from '../../kafka/missing-topics.ts'
import { usage } from '../../settings/refuse.ts'
import type { Client } from '../../kafka/client.ts'
import { topicConfigs } from '../../kafka/configs.ts'
import { ReplicaSizes, brokerDisks } from '../../kafka/replica-sizes.ts'
import { isPayflowTopic } from '../../pipeline/events/topics.ts'
import type { PlaceableBroker, PlacedPartition } from './plan.ts'

interface Placement {
  readonly brokers: readonly PlaceableBroker[]
  readonly partitions: readonly (PlacedPartition & { readonly isr: readonly number[] })[]
}

const MIN_INSYNC = 'min.insync.replicas'
/** Without them no group is read and no transaction ends: they are moved with payflow's topics. */
const ownOfKafka = ['__consumer_offsets', '__transaction_state']

/** Where the partitions of these topics are: of payflow's and Kafka's own where none is named. @throws PayflowError for one that does not exist */
export async function readPlacement(client: Client, topics: readonly string[]): Promise<Placement> {
  const { brokers, topicMetadata } = await client.shared.metadata('all')
  const existing = topicMetadata.map(({ topic }) => topic)
  const missing = topics.filter((topic) => !existing.includes(topic))
  if (missing.length > 0) throw topicsNotFound(missing, existing)
  const isMeant = (topic: string): boolean =>
    topics.length > 0 ? topics.includes(topic) : isPayflowTopic(topic) || ownOfKafka.includes(topic)
  const sizes = new ReplicaSizes(await brokerDisks(client))
  const meant = topicMetadata.filter(({ topic }) => isMeant(topic))
  const configs = await topicConfigs(client, meant.map(({ topic }) => topic), [MIN_INSYNC]) // prettier-ignore
  const minInsync = (topic: string): number | undefined => {
    const value = configs.get(topic)?.get(MIN_INSYNC)
    return value === undefined ? undefined : Number(value)
  }
  const partitions = meant.flatMap(({ topic, partitionMetadata }) =>
    partitionMetadata.map(({ partitionId: partition, leader, replicas, isr }) => ({
      ...{ topic, partition, leader, replicas, isr },
      bytes: sizes.of(topic, partition, leader),
      minInsync: minInsync(topic),
    })),
  )
  return {
    brokers: brokers.map(({ nodeId, rack }) => ({ nodeId, rack })).sort((a, b) => a.nodeId - b.nodeId),
    partitions: partitions.sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition),
  }
}

/** Those of the brokers that are named by their ids; all of them where none is. @throws PayflowError (usage) for one that is not there */
export function chosenBrokers(brokers: readonly PlaceableBroker[], ids: readonly number[] | undefined): readonly PlaceableBroker[] {
  if (ids === undefined) return brokers
  const missing = ids.filter((id) => !brokers.some(({ nodeId }) => nodeId === id))
  if (missing.length > 0)
    throw usage('BROKER_NOT_FOUND', `There is no broker ${missing.join(', ')} in the cluster`, `there are: ${brokers.map(({ nodeId }) => nodeId).join(', ')}`) // prettier-ignore
  return brokers.filter(({ nodeId }) => ids.includes(nodeId))
} // prettier-ignore
