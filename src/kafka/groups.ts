import { formatAddress } from '../settings/address.ts'
import { PayflowError } from '../errors.ts'
import { classify } from './errors.ts'
import type { Client } from './client.ts'
import { stateTopic, workerOfGroup } from '../pipeline/events/topics.ts'
import { asListed, describeAt, listedAt, type Described, type GroupMember } from './group-states.ts'
import { lagOf, type GroupPosition, type PartitionLag } from './lag.ts'
import { allCommittedOffsets } from './offsets.ts'
import type { TopicPartition } from './partitions.ts'
import { retrying } from './retry.ts'

/** A fresh broker has no group coordinator for a second or two. */
const patience = { timeoutMs: 15_000 }
const briefly = { timeoutMs: 3_000 }
const OFFSETS_TOPIC = '__consumer_offsets'

export interface GroupInfo {
  readonly group: string
  readonly state: string
  /** `classic`, or one of the protocols of Kafka 4: `consumer`, `share`, `streams`. */
  readonly type: string
  /** Null: in use, but payflow cannot ask by whom (share and streams groups). */
  readonly members: number | null
}

export interface GroupDescription {
  readonly group: string
  readonly state: string
  readonly type: string
  /** Records that a read-committed reader would still see after the committed offsets. A share group has none: its progress is not an offset. */
  readonly lag: number
  /** Null: in use, but payflow cannot ask by whom. */
  readonly members: readonly GroupMember[] | null
  readonly partitions: readonly PartitionLag[]
}

interface ListOptions {
  /** Told of what keeps groups from being listed. Without it that is an error. */
  readonly onMissing?: (what: string) => void
}

/** All groups, or those wanted. @throws what a broker answered, or that one of them cannot be asked, unless `onMissing` wants to know */
export async function listGroups(
  client: Client,
  wanted?: (group: string) => boolean,
  options?: ListOptions,
): Promise<GroupInfo[]> {
  const groups = await membersByGroup(client, wanted, options)
  return groups.map(({ group, type, state, members }) => ({ group, type, state, members: members?.length ?? null }))
}

type GroupWithMembers = Pick<GroupInfo, 'group' | 'type'> & Described

/** As `listGroups`, with who is in each. */
export async function membersByGroup(
  client: Client,
  wanted: (group: string) => boolean = () => true,
  { onMissing }: ListOptions = {},
): Promise<GroupWithMembers[]> {
  const { brokers } = await client.shared.metadata([])
  const found = await Promise.all(
    brokers.map(async ({ nodeId, ...at }) => {
      try {
        return await retrying(() => groupsAt(client, nodeId, wanted), onMissing ? briefly : patience)
      } catch (error) {
        if (onMissing === undefined || classify(error) !== 'retriable') throw error
        onMissing(`those of broker ${nodeId} (${formatAddress(at)}), which does not answer`)
        return []
      }
    }),
  )
  if (onMissing) await tellUncoordinated(client, onMissing)
  return found.flat().sort((a, b) => a.group.localeCompare(b.group))
}

/** The groups that one broker coordinates. */
async function groupsAt(
  client: Client,
  nodeId: number,
  wanted: (group: string) => boolean,
): Promise<GroupWithMembers[]> {
  const connection = client.shared
  const broker = await connection.broker(nodeId)
  const listed = (await listedAt(connection, broker)).filter(({ group }) => wanted(group))
  const described = await describeAt(connection, broker, listed)
  return listed.map(({ group, state, type }) => ({ group, type, ...(described.get(group) ?? asListed(state)) }))
}

async function tellUncoordinated(client: Client, onMissing: (what: string) => void): Promise<void> {
  const { topicMetadata } = await client.shared.metadata([OFFSETS_TOPIC])
  const partitions = topicMetadata.flatMap(({ partitionMetadata }) => partitionMetadata)
  const away = partitions.filter(({ leader }) => leader < 0)
  if (away.length > 0) onMissing(`those kept in ${away.length} of the ${partitions.length} partitions of ${OFFSETS_TOPIC}, which have no leader`) // prettier-ignore
}

/** Gaps of up to this many offsets per partition are counted record by record: a fraction of a second. */
const COUNTED_GAP = 100_000

/**
 * What a group has read of every partition of its topics: those in which it has offsets, those that its members subscribe to, and those
 * that it is known to read (`reads`). @throws PayflowError when there is no such group.
 */
export async function describeGroup(
  client: Client,
  group: string,
  { reads = [] }: { reads?: readonly string[] } = {},
): Promise<GroupDescription> {
  const { state, type, members, subscriptions } = await retrying(() => described(client, group), patience)
  const offsets = await retrying(() => allCommittedOffsets(client.shared, group), patience)
  if (state === 'Dead' && offsets.length === 0)
    throw new PayflowError('GROUP_NOT_FOUND', `There is no consumer group ${group}`, { kind: 'failed', hint: 'list them with `payflow groups list`' }) // prettier-ignore
  const topics = [...new Set([...offsets.map(({ topic }) => topic), ...subscribed(group, subscriptions), ...reads])]
  const gone = await deletedTopics(client, topics)
  const positions = await positionsIn(client, topics.filter((topic) => !gone.has(topic)), offsets) // prettier-ignore
  const partitions = [
    ...(await lagOf(client, positions, { countedGap: COUNTED_GAP })),
    ...offsets
      .filter(({ topic }) => gone.has(topic))
      .map(({ topic, partition, offset }) => ({ topic, partition, committed: offset, end: offset, lag: 0 })),
  ]
  return {
    group,
    state,
    type,
    lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
    members,
    partitions,
  }
}

/** Topics that the members have said they read. A worker's name its state topic too, and only restore it. */
function subscribed(group: string, topics: readonly string[]): string[] {
  const worker = workerOfGroup(group)
  const state = worker === undefined ? undefined : stateTopic(worker)
  return topics.filter((topic) => topic !== state)
}

/** Every partition of the topics: one without an offset is unread, not read. */
async function positionsIn(
  client: Client,
  topics: readonly string[],
  offsets: readonly (TopicPartition & { readonly offset: number })[],
): Promise<GroupPosition[]> {
  const committed = new Map(offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  const positions = await Promise.all(
    topics.map(async (topic) =>
      Array.from({ length: await client.shared.partitions(topic) }, (_, partition) => ({
        topic,
        partition,
        committed: committed.get(`${topic}/${partition}`) ?? null,
      })),
    ),
  )
  return positions.flat()
}

/** Offsets outlive their topic. */
async function deletedTopics(client: Client, names: readonly string[]): Promise<ReadonlySet<string>> {
  const { topicMetadata } = await client.shared.metadata(names)
  return new Set(topicMetadata.filter(({ topicErrorCode }) => topicErrorCode === 3).map(({ topic }) => topic))
}

/** What the group's coordinator says of it; `Dead` where it does not know it. */
async function described(client: Client, group: string): Promise<Described & { type: string }> {
  const connection = client.shared
  const coordinator = await connection.coordinator('group', group)
  const listed = (await listedAt(connection, coordinator)).find((each) => each.group === group)
  const type = listed?.type ?? 'classic'
  const found = (await describeAt(connection, coordinator, [listed ?? { group, type }])).get(group)
  return { ...(found ?? asListed(listed?.state ?? 'Dead')), type }
}
