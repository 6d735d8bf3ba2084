import { PartitionError } from './errors.ts'
import type { Connection } from './connection.ts'
import { stableOffsetFetchApi, stableOffsetFetchRequest, type CommittedOffset } from './wire/offset-fetch.ts'
import { byLeader, byTopic, type TopicPartition } from './partitions.ts'
import * as requests from './requests.ts'
import type { Broker } from './transport.ts'

/** Offsets by topic and partition, kept under one text key. */
export class OffsetMap extends Map<string, number> {
  static keyOf(topic: string, partition: number): string {
    return `${topic}/${partition}`
  }
  of(topic: string, partition: number): number | undefined {
    return this.get(OffsetMap.keyOf(topic, partition))
  }
}

/** `stable`: the last stable offset, where a read-committed reader ends. A number is a time in ms: the first offset at or after it (-1: none). */
export type Position = 'earliest' | 'latest' | 'stable' | number

const timestampOf = (position: Position): number =>
  position === 'earliest' ? -2 : typeof position === 'number' ? position : -1

/** Asks the partitions' leaders for offsets, one request a broker. @throws what a broker answered, after `connection.forget`. */
export async function listOffsets(
  connection: Connection,
  partitions: readonly TopicPartition[],
  position: Position,
): Promise<OffsetMap> {
  const found = new OffsetMap()
  // A broker refuses a request that names a partition twice.
  const distinct = new Map(partitions.map((at) => [OffsetMap.keyOf(at.topic, at.partition), at]))
  const leaders = await byLeader(connection, distinct.values(), async (error) => {
    await connection.forget(error)
    throw error
  })
  await Promise.all(
    [...leaders].map(async ([broker, led]) => {
      try {
        const { responses } = await requests.listOffsets(broker, {
          replicaId: -1,
          isolationLevel: position === 'stable' ? 1 : 0,
          topics: [...byTopic(led)].map(([topic, ids]) => ({
            topic,
            partitions: ids.map((partition) => ({ partition, timestamp: timestampOf(position) })),
          })),
        })
        for (const { topic, partitions: answers } of responses)
          for (const { partition, offset } of answers) found.set(OffsetMap.keyOf(topic, partition), Number(offset))
      } catch (error) {
        await connection.forget(error, broker)
        throw error
      }
    }),
  )
  return found
}

/**
 * The offsets a group has committed; partitions without one are absent.
 * `stable`: a partition whose offset is in a transaction that is not decided yet, or whose decision the coordinator has not taken in
 * (it may be busy loading others' offsets), is left out; a broker before 2.5 returns what it has.
 * @throws what a broker answered (UNSTABLE_OFFSET_COMMIT: ask again), after `connection.forget`.
 */
export async function committedOffsets(
  connection: Connection,
  group: string,
  partitions: readonly TopicPartition[],
  { stable = false }: { stable?: boolean } = {},
): Promise<OffsetMap> {
  const topics = byTopic(partitions)
  const coordinator = await connection.coordinator('group', group)
  try {
    const found = new OffsetMap()
    for (const { topic, partition, offset } of await (stable && tellsStable(coordinator)
      ? stableOffsets(coordinator, group, topics)
      : offsetsAsTheyAre(coordinator, group, topics)))
      if (offset >= 0) found.set(OffsetMap.keyOf(topic, partition), offset)
    return found
  } catch (error) {
    await connection.forget(error, coordinator)
    throw error
  }
}

type Offset = Pick<CommittedOffset, 'topic' | 'partition' | 'offset'>
type Topics = ReadonlyMap<string, readonly number[]>

const tellsStable = ({ versions }: Broker): boolean =>
  (versions?.[stableOffsetFetchApi.apiKey]?.maxVersion ?? 0) >= stableOffsetFetchApi.apiVersion

async function stableOffsets(coordinator: Broker, group: string, topics: Topics): Promise<Offset[]> {
  const offsets = await coordinator.send(stableOffsetFetchRequest(group, topics))
  for (const { topic, partition, errorCode } of offsets)
    if (errorCode !== 0) throw new PartitionError('OffsetFetch', topic, partition, errorCode)
  return offsets
}

async function offsetsAsTheyAre(coordinator: Broker, groupId: string, topics: Topics): Promise<Offset[]> {
  const { responses } = await requests.offsetFetch(coordinator, {
    groupId,
    topics: [...topics].map(([topic, ids]) => ({ topic, partitions: ids.map((partition) => ({ partition })) })),
  })
  return responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
  )
}
