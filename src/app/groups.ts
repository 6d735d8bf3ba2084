import type { Client } from '../kafka/client.ts'
import { describeGroup, listGroups, type GroupInfo } from '../kafka/groups.ts'

/** Every group with what a read-committed reader would still see after its offsets. */
export async function listWithLag(client: Client): Promise<(GroupInfo & { lag: number })[]> {
  const groups = await listGroups(client)
  return Promise.all(groups.map(async (info) => ({ ...info, lag: (await describeGroup(client, info.group)).lag })))
}
