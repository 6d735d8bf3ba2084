import { didYouMean } from '../../did-you-mean.ts'
import type { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { listGroups } from '../../kafka/groups.ts'
import { topicNames } from '../../kafka/topics.ts'
import { isPayflowGroup, workerOfGroup, workerOfStateTopic } from '../../pipeline/events/topics.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import { usage } from '../../settings/refuse.ts'

/** payflow's own workers, and those that a cluster knows by a changelog or a group, custom ones among them. @throws what a broker answered */
export async function workersOnCluster(client: Client): Promise<string[]> {
  const [topics, groups] = await Promise.all([topicNames(client), listGroups(client, isPayflowGroup)])
  const there = [...topics.map(workerOfStateTopic), ...groups.map(({ group }) => workerOfGroup(group))]
  const found = there.filter((name) => name !== undefined).sort()
  return [...new Set([...defaultWorkers.map(({ name }) => name), ...found])]
}

export const notOnCluster = (name: string, known: readonly string[]): PayflowError =>
  usage('UNKNOWN_WORKER', `There is no worker "${name}" on this cluster`, didYouMean(name, known))

/** A worker that was named by its name alone. @throws PayflowError (usage) when neither payflow nor the cluster knows it */
export async function workerOnCluster(client: Client, name: string): Promise<{ readonly name: string }> {
  const known = await workersOnCluster(client)
  if (!known.includes(name)) throw notOnCluster(name, known)
  return { name }
}
