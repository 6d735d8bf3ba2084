import { messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { kafkajs, type ConfigResourceTypes } from './kafkajs/internals.ts'
import { retrying } from './retry.ts'

/** Settings by name, defaults among them; a name that the broker does not know is absent. */
export type Config = ReadonlyMap<string, string>

const patience = { timeoutMs: 5_000 }
/** A setting of the topic itself, not the broker's or Kafka's default. */
const TOPIC_CONFIG = 1

interface Resource {
  readonly type: ConfigResourceTypes
  readonly name: string
  readonly configNames?: string[]
}

/** Settings of topics by topic: all in one request. Those that may not be read (DescribeConfigs), or are gone, are absent. */
export async function topicConfigs(
  client: Client,
  topics: readonly string[],
  names: readonly string[],
): Promise<ReadonlyMap<string, Config>> {
  const type = kafkajs.ConfigResourceTypes.TOPIC
  const resources = topics.map((name) => ({ type, name, configNames: [...names] }))
  // kafkajs throws the first resource's error away with everybody's answer: then each is asked for alone
  const together = await describe(client, resources)
  if (together) return together
  const alone = await Promise.all(resources.map((resource) => describe(client, [resource])))
  return new Map(alone.flatMap((found) => [...(found ?? [])]))
}

/** Settings of one of the brokers; undefined when they may not be read. */
export async function brokerConfig(
  client: Client,
  nodeId: number,
  names: readonly string[],
): Promise<Config | undefined> {
  const resource = { type: kafkajs.ConfigResourceTypes.BROKER, name: String(nodeId), configNames: [...names] }
  return (await describe(client, [resource]))?.get(resource.name)
}

async function describe(client: Client, resources: Resource[]): Promise<Map<string, Config> | undefined> {
  if (resources.length === 0) return new Map()
  try {
    const admin = await client.admin()
    const described = await retrying(() => admin.describeConfigs({ resources, includeSynonyms: false }), patience)
    return new Map(
      described.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    )
  } catch (error) {
    const names = resources.map(({ name }) => name)
    client.options.log?.('info', 'settings-not-read', { resources: names, error: messageOf(error) })
    return undefined
  }
}

/** Changes settings of a topic and leaves its other ones as they are. @throws what the broker answered */
export async function alterTopicConfig(
  client: Client,
  topic: string,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = await client.admin()
  const type = kafkajs.ConfigResourceTypes.TOPIC
  const { resources } = await retrying(
    () => admin.describeConfigs({ resources: [{ type, name: topic }], includeSynonyms: false }),
    patience,
  )
  const own = resources.flatMap(({ configEntries }) => configEntries).filter(({ configSource }) => (configSource as number) === TOPIC_CONFIG) // prettier-ignore
  const wanted = new Map([...own.map(({ configName, configValue }) => [configName, configValue] as const), ...Object.entries(changes)]) // prettier-ignore
  // The request replaces all of a topic's own settings.
  const configEntries = [...wanted].map(([name, value]) => ({ name, value }))
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] })
}
