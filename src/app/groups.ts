import { classify } from '../kafka/errors.ts'
import type { Client } from '../kafka/client.ts'
import { describeGroup, listGroups, type GroupDescription, type GroupInfo } from '../kafka/groups.ts'
import { groupOf, inboxTopic } from '../pipeline/events/topics.ts'
import { defaultWorkers } from '../pipeline/workers/index.ts'

/** A worker's group reads its inputs and its inbox, even while it has committed nothing there. */
export function describeWithLag(client: Client, group: string): Promise<GroupDescription> {
  const worker = defaultWorkers.find(({ name }) => groupOf(name) === group)
  const reads = worker ? [...Object.values(worker.inputs).map(({ name }) => name), inboxTopic(worker.name)] : []
  return describeGroup(client, group, { reads })
}

/**
 * Every group with what a read-committed reader would still see after its offsets; null where that cannot be known: a partition
 * that it reads has no leader any more, or is gone. `onMissing` receives groups that cannot be listed.
 */
export async function listWithLag(
  client: Client,
  onMissing: (what: string) => void,
): Promise<(GroupInfo & { lag: number | null })[]> {
  const groups = await listGroups(client, undefined, { onMissing })
  return Promise.all(groups.map(async (info) => ({ ...info, lag: await lagIfKnown(client, info) })))
}

async function lagIfKnown(client: Client, { group, type }: GroupInfo): Promise<number | null> {
  if (type === 'share') return null
  try {
    return (await describeWithLag(client, group)).lag
  } catch (error) {
    if (classify(error) === 'retriable') return null
    throw error
  }
}
