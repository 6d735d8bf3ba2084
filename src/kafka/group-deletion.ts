import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, type PayflowError } from '../errors.ts'
import type { Client } from './client.ts'
import { classify, codeOf } from './errors.ts'
import { groupsActive, membersOf, somebody } from './group-members.ts'
import { listGroups } from './groups.ts'
import { requireServed } from './optional-requests.ts'
import { needing } from './rights.ts'
import { brokerErrorOf } from './topic-error.ts'
import { deleteGroupsApi, deleteGroupsRequest } from './wire/delete-groups.ts'

const NON_EMPTY_GROUP = 68
const GROUP_ID_NOT_FOUND = 69

interface Kept {
  readonly group: string
  readonly error: unknown
}

/**
 * Deletes groups (those that exist). Waits up to `timeoutMs` for members to leave, and for coordinators to be there.
 * @throws PayflowError that names the members, or what a coordinator answered
 */
export async function deleteGroups(
  client: Client,
  names: readonly string[],
  { timeoutMs = 10_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const existing = (await listGroups(client, (group) => names.includes(group))).map(({ group }) => group)
  const deadline = performance.now() + timeoutMs
  for (let left = existing, lookMs = 10; left.length > 0; lookMs = Math.min(lookMs * 2, 200)) {
    signal?.throwIfAborted()
    const kept = (await Promise.all(left.map((group) => keptBy(client, group)))).flat()
    left = kept.map(({ group }) => group)
    if (left.length === 0) break
    if (performance.now() > deadline) throw await whyKept(client, kept)
    await sleep(lookMs, undefined, signal ? { signal } : {})
  }
  return existing
}

/** Has the group deleted. What keeps it for now is returned. @throws what does not pass by itself */
async function keptBy(client: Client, group: string): Promise<Kept[]> {
  const right = { operation: 'Delete', resource: 'group', names: [group] } as const
  try {
    await needing([right], () => send(client, group))
    return []
  } catch (error) {
    const code = codeOf(error)
    if (code === GROUP_ID_NOT_FOUND) return []
    if (code !== NON_EMPTY_GROUP && classify(error) !== 'retriable') throw error
    client.options.log?.('debug', 'group-not-deleted', { group, error: messageOf(error) })
    return [{ group, error }]
  }
}

async function send(client: Client, group: string): Promise<void> {
  const connection = client.shared
  const coordinator = await connection.coordinator('group', group)
  requireServed(coordinator, deleteGroupsApi)
  const [answer] = await connection.send(coordinator, deleteGroupsRequest([group]))
  if (!answer || answer.errorCode === 0) return
  const error = brokerErrorOf(answer.errorCode)
  await connection.forget(error, coordinator)
  throw error
}

async function whyKept(client: Client, kept: readonly Kept[]): Promise<PayflowError> {
  const other = kept.find(({ error }) => codeOf(error) !== NON_EMPTY_GROUP)
  if (other) throw other.error
  const groups = kept.map(({ group }) => group)
  const members = await membersOf(client, groups)
  return groupsActive(members.length > 0 ? members : groups.map((group) => ({ group, ...somebody })))
}
