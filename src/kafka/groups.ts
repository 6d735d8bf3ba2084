import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { lagOf, type PartitionLag } from './lag.ts'
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

/** @throws PayflowError when there is no such group. */
export async function describeGroup(client: Client, group: string): Promise<GroupDescription> {
  const admin = await client.admin()
  const described = (await retrying(() => admin.describeGroups([group]), PATIENCE)).groups[0]
  const offsets = await retrying(() => admin.fetchOffsets({ groupId: group }), PATIENCE)
  if (!described || (described.state === 'Dead' && offsets.length === 0))
    throw new PayflowError('GROUP_NOT_FOUND', `There is no consumer group ${group}`, { kind: 'failed', hint: 'list them with `payflow groups list`' }) // prettier-ignore
  const committed = offsets.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition, committed: Math.max(0, Number(offset)) })),
  )
  const partitions = await lagOf(client, committed)
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
