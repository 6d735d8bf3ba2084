import { PayflowError } from '../errors.ts'
import { workerOfGroup } from '../pipeline/events/topics.ts'
import type { Client } from './client.ts'
import { membersByGroup } from './groups.ts'

export interface GroupMember {
  readonly group: string
  readonly clientId: string
  readonly host: string
}

export const somebody = { clientId: 'somebody', host: 'an unknown host' }

/** Who reads with these groups at the moment. */
export async function membersOf(client: Client, names: readonly string[]): Promise<GroupMember[]> {
  const groups = await membersByGroup(client, (group) => names.includes(group))
  return groups.flatMap(({ group, members }) =>
    (members ?? [somebody]).map(({ clientId, host }) => ({ group, clientId, host: host.replace(/^\//, '') })),
  )
}

/** Names the members, and what ends them; `sessionTimeoutMs`: how long one that was killed stays. */
export function groupsActive(members: readonly GroupMember[], sessionTimeoutMs?: number): PayflowError {
  const groups = [...new Set(members.map(({ group }) => group))]
  const named = groups.map((group) => {
    const who = members.filter((member) => member.group === group).map(({ clientId, host }) => `${clientId} at ${host}`)
    return `${group} (${who.join(', ')})`
  })
  const workers = groups.map(workerOfGroup).filter((worker) => worker !== undefined)
  const after = sessionTimeoutMs === undefined ? 'its session timeout' : `${sessionTimeoutMs / 1000} s`
  return new PayflowError('GROUP_ACTIVE', `Members are connected: ${named.join('; ')}`, {
    kind: 'failed',
    hint: `end them first: ${workers.length > 0 ? `Ctrl-C where \`payflow all\` or \`payflow worker\` runs ${workers.join(' and ')}, or kill those processes` : 'stop those programs where they run'}; one that was killed with -9 is forgotten after ${after}`,
  })
}
