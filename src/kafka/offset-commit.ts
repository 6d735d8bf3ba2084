import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { codeOf } from './errors.ts'
import { groupsActive, membersOf, somebody } from './group-members.ts'
import { OffsetMap, committedOffsets } from './offsets.ts'
import { groupedByTopic, type TopicPartition } from './partitions.ts'
import { offsetCommit } from './requests.ts'
import { retrying } from './retry.ts'
import { needing } from './rights.ts'

const patience = { timeoutMs: 15_000 }
/** What a coordinator answers to nobody while the group has members: ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, REBALANCE_IN_PROGRESS. */
const heldCodes = new Set([22, 25, 27])

interface NewOffset extends TopicPartition {
  readonly to: number
}

/**
 * Sets the offsets of a group that has no members, all in one request. Returns when they can be read back.
 * @throws PayflowError that names the members if there are any after all
 */
export async function moveOffsets(
  client: Client,
  group: string,
  offsets: readonly NewOffset[],
  { sessionTimeoutMs, signal }: { sessionTimeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  if (offsets.length === 0) return
  const topics = [...groupedByTopic(offsets, ({ partition, to }) => ({ partition, offset: String(to) }))]
  const rights = [
    { operation: 'Read', resource: 'group', names: [group] },
    { operation: 'Read', resource: 'topic', names: topics.map(([topic]) => topic) },
  ] as const
  try {
    await retrying(() => needing(rights, () => commit(client, group, topics)), { ...patience, signal })
  } catch (error) {
    if (!heldCodes.has(codeOf(error) ?? 0)) throw error
    const members = await membersOf(client, [group])
    throw groupsActive(members.length > 0 ? members : [{ group, ...somebody }], sessionTimeoutMs)
  }
  const found = await retrying(() => committedOffsets(client.shared, group, offsets, { stable: true }), { ...patience, signal }) // prettier-ignore
  const [other] = offsets.filter(({ topic, partition, to }) => found.of(topic, partition) !== to)
  if (!other) return
  const { topic, partition, to } = other
  throw new PayflowError('GROUP_MOVED', `${group} stands at ${found.of(topic, partition) ?? 'no offset'} of ${OffsetMap.keyOf(topic, partition)} instead of ${to}: somebody else moved it at the same time`, { kind: 'failed', hint: 'see who reads with it: `payflow groups list`' }) // prettier-ignore
}

async function commit(
  client: Client,
  groupId: string,
  topics: readonly (readonly [string, readonly { partition: number; offset: string }[]])[],
): Promise<void> {
  const connection = client.shared
  const coordinator = await connection.coordinator('group', groupId)
  try {
    await offsetCommit(coordinator, {
      groupId,
      groupGenerationId: -1,
      memberId: '',
      topics: topics.map(([topic, partitions]) => ({ topic, partitions })),
    })
  } catch (error) {
    client.options.log?.('debug', 'offsets-not-committed', { group: groupId, error: messageOf(error) })
    await connection.forget(error, coordinator)
    throw error
  }
}
