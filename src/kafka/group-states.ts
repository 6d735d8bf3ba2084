import { topicErrorOf } from './topic-error.ts'
import type { Connection } from './connection.ts'
import { consumerGroupDescribeRequest, listGroupsApi, listGroupsRequest, type ListedGroup } from './wire/groups.ts'
import { decodeSubscription } from './group-protocol.ts'
import { describeGroups, listGroups } from './requests.ts'
import type { Broker } from './transport.ts'

export interface GroupMember {
  readonly id: string
  readonly clientId: string
  readonly host: string
}

export interface Described {
  readonly state: string
  readonly members: readonly GroupMember[] | null
  /** Topics that the members have said they read, as far as they tell. */
  readonly subscriptions: readonly string[]
}

/** Of a group that only the list tells of. */
export const asListed = (state: string): Described => ({
  state,
  subscriptions: [],
  members: state === 'Empty' || state === 'Dead' ? [] : null,
})

/** The groups that a broker coordinates. One before Kafka 2.6 tells no state: it has classic groups only, and describing them tells. */
export async function listedAt(connection: Connection, broker: Broker): Promise<ListedGroup[]> {
  const newest = broker.versions?.[listGroupsApi.apiKey]?.maxVersion ?? 0
  if (newest >= listGroupsApi.withState)
    return connection.send(broker, listGroupsRequest(newest >= listGroupsApi.withType ? 5 : 4))
  const { groups } = await listGroups(broker, {})
  return groups.map(({ groupId, protocolType }) => ({
    group: groupId,
    protocolType,
    state: 'Unknown',
    type: 'classic',
  }))
}

const GROUP_ID_NOT_FOUND = 69

/** What a member of a classic consumer group reads; nothing of another protocol's metadata. */
function topicsIn(memberMetadata: Buffer): readonly string[] {
  if (memberMetadata.length === 0) return []
  try {
    return decodeSubscription(memberMetadata).topics
  } catch {
    return []
  }
}

/** State and members of groups that this broker coordinates. Those of a protocol whose groups payflow cannot ask about (share, streams) are absent. */
export async function describeAt(
  connection: Connection,
  broker: Broker,
  groups: readonly Pick<ListedGroup, 'group' | 'type'>[],
): Promise<Map<string, Described>> {
  const named = (type: string): string[] => groups.filter((each) => each.type === type).map(({ group }) => group)
  const [classic, consumer] = [named('classic'), named('consumer')]
  const found = new Map<string, Described>()
  if (classic.length > 0)
    for (const { groupId, state, members } of (await describeGroups(broker, { groupIds: classic })).groups)
      found.set(groupId, {
        state,
        subscriptions: members.flatMap(({ memberMetadata }) => topicsIn(memberMetadata)),
        members: members.map(({ memberId, clientId, clientHost }) => ({ id: memberId, clientId, host: clientHost })),
      })
  if (consumer.length > 0)
    for (const { errorCode, group, ...described } of await connection.send(
      broker,
      consumerGroupDescribeRequest(consumer),
    )) {
      if (errorCode !== 0 && errorCode !== GROUP_ID_NOT_FOUND) throw topicErrorOf(group, errorCode)
      if (errorCode === 0) found.set(group, { ...described, subscriptions: [] })
    }
  return found
}
