import { PartitionError, StaleCoordinator, classify } from './errors.ts'
import type { Connection } from './connection.ts'
import { offsetFetchRequest, type CommittedOffset, type Topics } from './wire/offset-fetch.ts'
import { byLeader, byTopic, type TopicPartition } from './partitions.ts'
import type { Broker } from './transport.ts'
import * as requests from './requests.ts'

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

interface OffsetOptions {
  readonly stable?: boolean
  readonly member?: requests.GroupPlace | undefined
}

/**
 * The offsets a group has committed; partitions without one are absent.
 * `stable`: @throws UNSTABLE_OFFSET_COMMIT (ask again) while an offset is in a transaction that is not decided yet, or whose decision the
 * coordinator has not taken in: it may be busy loading others' offsets.
 * `member`: @throws StaleCoordinator (ask again) when the broker that answers does not know this member in this generation: its offsets may be
 * those of before.
 * @throws what a broker answered, after `connection.forget`.
 */
export async function committedOffsets(
  connection: Connection,
  group: string,
  partitions: readonly TopicPartition[],
  options: OffsetOptions = {},
): Promise<OffsetMap> {
  const found = await offsetsIn(connection, group, byTopic(partitions), options)
  return new OffsetMap(found.map(({ topic, partition, offset }) => [OffsetMap.keyOf(topic, partition), offset]))
}

/** Every offset that a group has committed, whether its topic is still there or not. @throws what a broker answered */
export const allCommittedOffsets = (connection: Connection, group: string): Promise<CommittedOffset[]> =>
  offsetsIn(connection, group, 'all', {})

async function offsetsIn(
  connection: Connection,
  group: string,
  topics: Topics | 'all',
  { stable = false, member }: OffsetOptions,
): Promise<CommittedOffset[]> {
  const coordinator = await connection.coordinator('group', group)
  try {
    const offsets = await coordinator.send(offsetFetchRequest(group, topics, { stable }))
    for (const { topic, partition, errorCode } of offsets)
      if (errorCode !== 0) throw new PartitionError('OffsetFetch', topic, partition, errorCode)
    if (member && member.memberId !== '') await refuseStale(coordinator, group, member)
    return offsets.filter(({ offset }) => offset >= 0)
  } catch (error) {
    await connection.forget(error, coordinator)
    throw error
  }
}

/** OffsetFetch does not say who asks (in the classic protocol); a heartbeat to the same broker does. */
async function refuseStale(
  coordinator: Broker,
  groupId: string,
  { memberId, generation }: requests.GroupPlace,
): Promise<void> {
  try {
    await requests.heartbeat(coordinator, { groupId, groupGenerationId: generation, memberId })
  } catch (error) {
    const kind = classify(error)
    if (kind === 'rejoin') return // it knows the member, and the next generation has not begun
    if (kind !== 'rejoin-as-new') throw error
    throw new StaleCoordinator(
      groupId,
      `${coordinator.address} does not know member ${memberId} in generation ${generation}`,
    )
  }
}
