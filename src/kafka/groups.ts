import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { groupOf, isPayflowGroup, stateTopic } from '../pipeline/events/topics.ts'
import { kafkajs } from './kafkajs/internals.ts'
import { lagOf, type GroupPosition, type PartitionLag } from './lag.ts'
import { topicNames } from './topics.ts'
import { retrying } from './retry.ts'

/** A fresh broker has no group coordinator for a second or two. */
const PATIENCE = { timeoutMs: 15_000 }

export interface GroupInfo {
  readonly group: string
  readonly state: string
  readonly members: number
}

export interface GroupDescription {
  readonly group: string
  readonly state: string
  /** Records that a read-committed reader would still see after the committed offsets. */
  readonly lag: number
  readonly members: readonly { id: string; clientId: string; host: string }[]
  readonly partitions: readonly PartitionLag[]
}

export async function listGroups(
  client: Client,
  wanted: (group: string) => boolean = () => true,
): Promise<GroupInfo[]> {
  const admin = await client.admin()
  const names = (await retrying(() => admin.listGroups(), PATIENCE)).groups.map(({ groupId }) => groupId).filter(wanted).sort() // prettier-ignore
  if (names.length === 0) return []
  const { groups } = await retrying(() => admin.describeGroups(names), PATIENCE)
  return groups
    .map(({ groupId, state, members }) => ({ group: groupId, state, members: members.length }))
    .sort((a, b) => a.group.localeCompare(b.group))
}

/** Gaps up to so many offsets a partition are counted record by record: a fraction of a second. */
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
  const admin = await client.admin()
  const described = (await retrying(() => admin.describeGroups([group]), PATIENCE)).groups[0]
  const offsets = await retrying(() => admin.fetchOffsets({ groupId: group }), PATIENCE)
  if (!described || (described.state === 'Dead' && offsets.length === 0))
    throw new PayflowError('GROUP_NOT_FOUND', `There is no consumer group ${group}`, { kind: 'failed', hint: 'list them with `payflow groups list`' }) // prettier-ignore
  const topics = [...offsets.map(({ topic }) => topic), ...subscribed(group, described.members), ...reads] // prettier-ignore
  const positions = await positionsIn(client, new Set(topics), offsets)
  const partitions = await lagOf(client, positions, { countedGap: COUNTED_GAP })
  return {
    group,
    state: described.state,
    lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
    members: described.members.map(({ memberId, clientId, clientHost }) => ({
      id: memberId,
      clientId,
      host: clientHost,
    })),
    partitions,
  }
}

/** Topics that the members have said they read. A worker's name its state topic too, and only restore it. */
function subscribed(group: string, members: readonly { memberMetadata: Buffer }[]): string[] {
  const state = isPayflowGroup(group) ? stateTopic(group.slice(groupOf('').length)) : undefined
  const topics = members.flatMap(({ memberMetadata }) => {
    if (memberMetadata.length === 0) return []
    try {
      return kafkajs.AssignerProtocol.MemberMetadata.decode(memberMetadata).topics
    } catch {
      return [] // a protocol that is not a consumer's
    }
  })
  return topics.filter((topic) => topic !== state)
}

/** Every partition of the topics that exist: one without an offset is unread, not read. */
async function positionsIn(
  client: Client,
  topics: ReadonlySet<string>,
  offsets: readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[],
): Promise<GroupPosition[]> {
  const existing = (await topicNames(client)).filter((topic) => topics.has(topic))
  const committed = new Map(offsets.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)]))) // prettier-ignore
  const positions = await Promise.all(
    existing.map(async (topic) =>
      Array.from({ length: await client.shared.partitions(topic) }, (_, partition) => {
        const offset = committed.get(`${topic}/${partition}`) ?? -1
        return { topic, partition, committed: offset < 0 ? null : offset }
      }),
    ),
  )
  return positions.flat()
}

/** Deletes groups (those that exist). Waits up to `timeoutMs` for members to leave. @throws PayflowError that names the members. */
export async function deleteGroups(
  client: Client,
  names: readonly string[],
  { timeoutMs = 10_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const admin = await client.admin()
  const existing = (await listGroups(client, (group) => names.includes(group))).map(({ group }) => group)
  const deadline = performance.now() + timeoutMs
  for (let left = existing; left.length > 0;) {
    signal?.throwIfAborted()
    const failed = await admin.deleteGroups(left).then(
      () => [],
      (error: unknown) => groupErrors(error) ?? left.map((group) => ({ group, why: messageOf(error) })),
    )
    left = failed.filter(({ why }) => !/GROUP_ID_NOT_FOUND|does not exist/i.test(why)).map(({ group }) => group)
    if (left.length === 0) break
    if (performance.now() > deadline) throw await stillActive(client, left)
    await sleep(200, undefined, signal ? { signal } : {})
  }
  return existing
}

function groupErrors(error: unknown): { group: string; why: string }[] | undefined {
  if (!(error instanceof Error) || !('groups' in error) || !Array.isArray(error.groups)) return undefined
  return (error.groups as { groupId: string; error?: { type?: string; message: string } }[])
    .filter((entry) => entry.error)
    .map(({ groupId, error: why }) => ({ group: groupId, why: why?.type ?? why?.message ?? '' }))
}

async function stillActive(client: Client, groups: readonly string[]): Promise<PayflowError> {
  const described = (await (await client.admin()).describeGroups([...groups])).groups
  const members = described.flatMap(({ groupId, members }) => members.map(({ clientId, clientHost }) => `${groupId}: ${clientId} at ${clientHost}`)) // prettier-ignore
  return new PayflowError('GROUP_ACTIVE', `Still has members: ${members.join('; ') || groups.join(', ')}`, {
    kind: 'failed',
    hint: 'stop those workers (Ctrl-C, or kill their processes), then run it again; a killed one is forgotten after its session timeout',
  })
}
