import type { Client } from '../kafka/client.ts'
import { describeGroup, listGroups, type GroupDescription, type GroupInfo } from '../kafka/groups.ts'
import { groupOf, inboxTopic } from '../pipeline/events/topics.ts'
import { defaultWorkers } from '../pipeline/workers/index.ts'

/** A worker's group reads its inputs and its inbox, also while it has committed nothing there. */
export function describeWithLag(client: Client, group: string): Promise<GroupDescription> {
  const worker = defaultWorkers.find(({ name }) => groupOf(name) === group)
  const reads = worker ? [...Object.values(worker.inputs).map(({ name }) => name), inboxTopic(worker.name)] : []
  return describeGroup(client, group, { reads })
}

/** Every group with what a read-committed reader would still see after its offsets. */
export async function listWithLag(client: Client): Promise<(GroupInfo & { lag: number })[]> {
  const groups = await listGroups(client)
  return Promise.all(groups.map(async (info) => ({ ...info, lag: (await describeWithLag(client, info.group)).lag })))
}
