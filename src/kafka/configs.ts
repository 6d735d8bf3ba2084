import { messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { sendToController } from './controller.ts'
import { classify } from './errors.ts'
import { requireServed } from './optional-requests.ts'
import { retrying } from './retry.ts'
import { brokerErrorOf, topicErrorOf } from './topic-error.ts'
import { incrementalAlterConfigsApi, incrementalAlterConfigsRequest } from './wire/alter-configs.ts'
import { describeConfigsApi, describeConfigsRequest, type ConfigType, type ResourceConfig } from './wire/describe-configs.ts' // prettier-ignore

/** Settings by name, defaults among them; a name that the broker does not know is absent. */
export type Config = ReadonlyMap<string, string>

const patience = { timeoutMs: 5_000 }

/** Settings of topics by topic: all in one request. Those that may not be read (DescribeConfigs), or are gone, are absent. */
export const topicConfigs = (
  client: Client,
  topics: readonly string[],
  names: readonly string[],
): Promise<ReadonlyMap<string, Config>> => readable(client, 'topic', topics, names)

/** Settings of one of the brokers; undefined when they may not be read. */
export const brokerConfig = async (
  client: Client,
  nodeId: number,
  names: readonly string[],
): Promise<Config | undefined> => (await readable(client, 'broker', [String(nodeId)], names)).get(String(nodeId))

async function readable(
  client: Client,
  type: ConfigType,
  resources: readonly string[],
  names: readonly string[],
): Promise<Map<string, Config>> {
  if (resources.length === 0) return new Map()
  let found: readonly ResourceConfig[] = []
  try {
    await retrying(async () => refuse((found = await describe(client, type, resources, names))), patience)
  } catch (error) {
    client.options.log?.('info', 'settings-not-read', { resources, error: messageOf(error) })
  }
  const known = found.filter(({ errorCode }) => errorCode === 0)
  return new Map(known.map(({ name, entries }) => [name, new Map(entries.map((entry) => [entry.name, entry.value]))]))
}

/** What was set for each topic itself: a re-created topic must have it again. @throws what the broker answered */
export async function topicSettings(
  client: Client,
  names: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  if (names.length === 0) return new Map()
  let found: readonly ResourceConfig[] = []
  await retrying(async () => refuse((found = await describe(client, 'topic', names, 'all'))), { timeoutMs: 8_000 })
  const own = ({ entries }: ResourceConfig) => entries.filter(({ isOwn }) => isOwn)
  return new Map(found.map((topic) => [topic.name, Object.fromEntries(own(topic).map(({ name, value }) => [name, value]))])) // prettier-ignore
}

/** @throws an error that may pass, if there is one; else the first */
function refuse(found: readonly ResourceConfig[]): void {
  const errors = found.flatMap(({ name, errorCode }) => (errorCode === 0 ? [] : [topicErrorOf(name, errorCode)]))
  const error = errors.find((each) => classify(each) === 'retriable') ?? errors[0]
  if (error) throw error
}

/** A broker's own settings are known to that broker alone; the controller is the first to know those of a topic. */
async function describe(
  { shared: connection }: Client,
  type: ConfigType,
  resources: readonly string[],
  names: readonly string[] | 'all',
): Promise<ResourceConfig[]> {
  const exchange = () => describeConfigsRequest(type, resources, names)
  if (type === 'topic') return sendToController(connection, describeConfigsApi, exchange)
  const broker = await connection.broker(Number(resources[0]))
  requireServed(broker, describeConfigsApi)
  return connection.send(broker, exchange())
}

/** Changes settings of a topic and leaves its other ones as they are. @throws what the broker answered */
export async function alterTopicConfig(
  { shared: connection }: Client,
  topic: string,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const change = { type: 'topic', name: topic, settings: new Map(Object.entries(changes)) } as const
  await retrying(async () => {
    const broker = await connection.any()
    requireServed(broker, incrementalAlterConfigsApi)
    const [answer] = await connection.send(broker, incrementalAlterConfigsRequest([change]))
    if (answer && answer.errorCode !== 0) throw brokerErrorOf(answer.errorCode, answer.message)
  }, patience)
}
