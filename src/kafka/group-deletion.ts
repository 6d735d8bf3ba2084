import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, type PayflowError } from '../errors.ts'
import type { Client } from './client.ts'
import { groupsActive, membersOf, somebody } from './group-members.ts'
import { listGroups } from './groups.ts'

/** Deletes groups (those that exist). Waits up to `timeoutMs` for members to leave. @throws PayflowError that names the members. */
export async function deleteGroups(
  client: Client,
  names: readonly string[],
  { timeoutMs = 10_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const admin = await client.admin()
  const existing = (await listGroups(client, (group) => names.includes(group))).map(({ group }) => group)
  const deadline = performance.now() + timeoutMs
  for (let left = existing, lookMs = 10; left.length > 0; lookMs = Math.min(lookMs * 2, 200)) {
    signal?.throwIfAborted()
    const failed = await admin.deleteGroups(left).then(
      () => [],
      (error: unknown) => groupErrors(error) ?? left.map((group) => ({ group, why: messageOf(error) })),
    )
    left = failed.filter(({ why }) => !/GROUP_ID_NOT_FOUND|does not exist/i.test(why)).map(({ group }) => group)
    if (left.length === 0) break
    if (performance.now() > deadline) throw await stillActive(client, left)
    await sleep(lookMs, undefined, signal ? { signal } : {})
  }
  return existing
}

function groupErrors(error: unknown): { group: string; why: string }[] | undefined {
  if (!(error instanceof Error) || !('groups' in error) || !Array.isArray(error.groups)) return undefined
  return (error.groups as { groupId: string; error?: { type?: string; message: string } }[])
    .filter((entry) => entry.error)
    .map(({ groupId, error: why }) => ({ group: groupId, why: why?.type ?? why?.message ?? '' }))
}

const stillActive = async (client: Client, groups: readonly string[]): Promise<PayflowError> => {
  const members = await membersOf(client, groups)
  return groupsActive(members.length > 0 ? members : groups.map((group) => ({ group, ...somebody })))
}
