import { PayflowError, messageOf } from '../errors.ts'
import { PartitionError, brokerOf, codeOf, isConnectionError } from './errors.ts'
import type { Client } from './client.ts'
import { brokerConfig, topicConfigs, type Config } from './configs.ts'
import { describeGroups } from './requests.ts'
import { retrying } from './retry.ts'
import { missingRightOf } from './rights.ts'
import { internalTopicSettings, type Trouble } from './trouble.ts'

/** Whom an error came from, where the error itself does not tell. */
export interface Doing {
  /** The coordinator that was asked. */
  readonly coordinator?: 'group' | 'transaction'
  readonly group?: string
  /** The topics that are written in its transactions. */
  readonly writes?: readonly string[]
}

const INCONSISTENT_GROUP_PROTOCOL = 23
const coordinatorCodes = new Set([14, 15, 16])
/** A partition that takes no writes, or nobody leads: NOT_ENOUGH_REPLICAS, LEADER_NOT_AVAILABLE, REQUEST_TIMED_OUT. */
const partitionCodes = new Set([5, 7, 19, 20])
const CONCURRENT_TRANSACTIONS = 51
const MIN_INSYNC = 'min.insync.replicas'
const briefly = { timeoutMs: 1_000 }

/** Finds out why an error comes again and again: asks the brokers for what it does not say. Never throws. */
export async function diagnose(client: Client, error: unknown, doing: Doing = {}): Promise<Trouble> {
  const right = missingRightOf(error)
  if (right) return { code: 'not-authorized', right }
  try {
    return (await asked(client, error, doing)) ?? asItIs(client, error)
  } catch (failure) {
    client.options.log?.('debug', 'diagnosis-failed', { error: messageOf(error), failure: messageOf(failure) })
    return asItIs(client, error)
  }
}

async function asked(
  client: Client,
  error: unknown,
  { coordinator, group, writes = [] }: Doing,
): Promise<Trouble | undefined> {
  const code = codeOf(error)
  if (code === undefined) return undefined
  if (code === INCONSISTENT_GROUP_PROTOCOL && group !== undefined) return foreignMember(client, group)
  if (coordinatorCodes.has(code) && coordinator !== undefined) {
    const topics = ['__consumer_offsets', '__transaction_state'] as const
    // Which of the two was asked is not always known.
    const [first, second] = coordinator === 'group' ? topics : [topics[1], topics[0]]
    return (await coordinatorTopic(client, first)) ?? (await coordinatorTopic(client, second))
  }
  if (code === CONCURRENT_TRANSACTIONS) return markersTrouble(client, [...writes, '__consumer_offsets'])
  if (!(error instanceof PartitionError) || !partitionCodes.has(code)) return undefined
  return topicTrouble(client, error.topic, error.partition)
}

/** The last transaction of a transactional id cannot be ended while one of its partitions takes no marker. */
async function markersTrouble(client: Client, topics: readonly string[]): Promise<Trouble | undefined> {
  for (const topic of topics) {
    const found = await topicTrouble(client, topic)
    if (found !== undefined && found !== 'missing') return found
  }
  return undefined
}

function asItIs(client: Client, error: unknown): Trouble {
  if (isConnectionError(error)) {
    const broker = brokerOf(error)
    return { code: 'connection', brokers: broker === undefined ? [...client.options.brokers] : [broker], error: messageOf(error) } // prettier-ignore
  }
  const hint = error instanceof PayflowError ? error.hint : undefined
  return { code: 'refused', error: messageOf(error), ...(hint !== undefined && { hint }) }
}

async function foreignMember(client: Client, group: string): Promise<Trouble | undefined> {
  const [described] = await retrying(async () => {
    const coordinator = await client.shared.coordinator('group', group)
    return (await describeGroups(coordinator, { groupIds: [group] })).groups
  }, briefly)
  if (!described) return undefined
  const { protocol, protocolType, members } = described
  return {
    code: 'foreign-group-member',
    group,
    protocol,
    protocolType,
    members: members.map(({ memberId, clientId, clientHost }) => ({ memberId, clientId, host: clientHost.replace(/^\//, '') })), // prettier-ignore
  }
}

/** A coordinator is the leader of a partition of an internal topic, which the first question for it creates. */
async function coordinatorTopic(
  client: Client,
  topic: keyof typeof internalTopicSettings,
): Promise<Trouble | undefined> {
  const found = await topicTrouble(client, topic)
  if (found !== 'missing') return found
  const { brokers } = await client.shared.metadata([])
  const setting = internalTopicSettings[topic]
  const value = numberIn(await brokerConfig(client, brokers[0]?.nodeId ?? 0, [setting]), setting)
  if (value === undefined || value <= brokers.length) return undefined
  return { code: 'internal-topic-not-creatable', topic, setting, replicationFactor: value, brokers: brokers.length }
}

async function topicTrouble(client: Client, topic: string): Promise<Trouble | 'missing' | undefined>
async function topicTrouble(client: Client, topic: string, partition: number): Promise<Trouble | undefined>
async function topicTrouble(
  client: Client,
  topic: string,
  partition?: number,
): Promise<Trouble | 'missing' | undefined> {
  const { topicMetadata } = await client.shared.metadata([topic])
  const all = topicMetadata.flatMap(({ partitionMetadata }) => partitionMetadata)
  if (all.length === 0) return partition === undefined ? 'missing' : undefined
  const partitions = all.filter(({ partitionId }) => partition === undefined || partitionId === partition)
  const headless = partitions.filter(({ leader }) => leader < 0)
  if (headless[0])
    return {
      code: 'no-leader',
      topic,
      partitions: headless.map(({ partitionId }) => partitionId).sort((a, b) => a - b),
      replicas: [...new Set(headless.flatMap(({ replicas }) => replicas))].sort((a, b) => a - b),
    }
  const minimum = numberIn((await topicConfigs(client, [topic], [MIN_INSYNC])).get(topic), MIN_INSYNC)
  const [short] = minimum === undefined ? [] : partitions.filter(({ isr }) => isr.length < minimum)
  if (!short || minimum === undefined) return undefined
  const { partitionId, isr, replicas } = short
  return {
    code: 'not-enough-replicas',
    topic,
    partition: partitionId,
    minInsyncReplicas: minimum,
    inSync: [...isr],
    replicas: [...replicas],
  }
}

function numberIn(config: Config | undefined, setting: string): number | undefined {
  const value = config?.get(setting)
  return value === undefined ? undefined : Number(value)
}
