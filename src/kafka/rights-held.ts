import type { Client } from './client.ts'
import { metadataApi, metadataRequest } from './wire/metadata.ts'
import { groupRightsApi, groupRightsRequest } from './wire/group-rights.ts'
import { serves } from './optional-requests.ts'
import { retrying } from './retry.ts'

/** A fresh broker has no group coordinator for a second or two. */
const patience = { timeoutMs: 15_000 }

/** The codes of Kafka's AclOperation: the places of their bits. */
const operations = {
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  DescribeConfigs: 10,
  AlterConfigs: 11,
} as const

const namesIn = (bits: number): Set<string> =>
  new Set(Object.entries(operations).flatMap(([name, bit]) => ((bits >> bit) & 1 ? [name] : [])))

/** What the principal of this client may do with topics that it can see; those that it cannot see are absent. Undefined: the broker does not say. */
export async function topicRights(
  client: Client,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  const broker = await client.shared.any()
  if (!serves(broker, { ...metadataApi, apiVersion: metadataApi.withIds })) return undefined
  const { topicMetadata } = await client.shared.send(
    broker,
    metadataRequest(topics, metadataApi.withIds, { rights: true }),
  )
  return new Map(topicMetadata.flatMap(({ topic, rights }) => (rights === undefined ? [] : [[topic, namesIn(rights)]])))
}

/** The same of groups, whether they exist or not. */
export async function groupRights(
  client: Client,
  groups: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  const found = new Map<string, ReadonlySet<string>>()
  for (const group of groups) {
    const rights = await retrying(() => rightsOf(client, group), patience)
    if (!rights) return undefined
    found.set(group, rights)
  }
  return found
}

async function rightsOf(client: Client, group: string): Promise<ReadonlySet<string> | undefined> {
  const coordinator = await client.shared.coordinator('group', group)
  if (!serves(coordinator, groupRightsApi)) return undefined
  const [answer] = await client.shared.send(coordinator, groupRightsRequest([group]))
  return answer?.errorCode === 0 ? namesIn(answer.rights) : new Set()
}
