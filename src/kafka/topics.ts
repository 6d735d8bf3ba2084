import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { listOffsets } from './offsets.ts'
import { retrying } from './retry.ts'
import { refusedAsExisting } from './topic-deletion.ts'

export interface TopicInfo {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  /** End minus start offsets: commit markers count too, and records that were compacted away. */
  readonly records: number
}

export interface TopicDescription {
  readonly topic: string
  readonly partitions: readonly PartitionDescription[]
}

interface PartitionDescription {
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly start: number
  readonly end: number
}

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config?: Readonly<Record<string, string>>
}

export async function topicNames(client: Client): Promise<string[]> {
  return (await (await client.admin()).listTopics()).sort()
}

/** Partitions, replicas and offsets of the topics named (all of them must exist). */
export async function describeTopics(client: Client, names: readonly string[]): Promise<TopicDescription[]> {
  if (names.length === 0) return []
  const admin = await client.admin()
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names] })
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionId }) => ({ topic: name, partition: partitionId })),
  )
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(client.shared, all, 'earliest'), listOffsets(client.shared, all, 'latest')]),
    { timeoutMs: 8_000 },
  )
  return topics
    .map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions
        .map(({ partitionId: partition, leader, replicas, isr }) => {
          const start = starts.of(name, partition) ?? 0
          return { partition, leader, replicas, isr, start, end: ends.of(name, partition) ?? start }
        })
        .sort((a, b) => a.partition - b.partition),
    }))
    .sort((a, b) => a.topic.localeCompare(b.topic))
}

/** The topics that exist among `names`, or all of them. */
export async function listTopics(client: Client, names?: readonly string[]): Promise<TopicInfo[]> {
  const described = async (): Promise<TopicDescription[]> => {
    const existing = await topicNames(client)
    return describeTopics(client, names ? existing.filter((name) => names.includes(name)) : existing)
  }
  // of several brokers, one may not have heard yet of topics that were made or deleted a moment ago
  return (await retrying(described, { timeoutMs: 8_000 })).map(infoOf)
}

export const infoOf = ({ topic, partitions }: TopicDescription): TopicInfo => ({
  topic,
  partitions: partitions.length,
  replicationFactor: partitions[0]?.replicas.length ?? 0,
  records: partitions.reduce((sum, { start, end }) => sum + end - start, 0),
})

/** Creates what is missing and waits until every new partition has a leader. */
export async function createTopics(
  client: Client,
  specs: readonly NewTopic[],
  { timeoutMs = 30_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<{ created: string[]; existing: string[] }> {
  const before = new Set(await topicNames(client))
  const missing = specs.filter(({ topic }) => !before.has(topic))
  const deadline = performance.now() + timeoutMs
  const admin = await client.admin()
  while (missing.length > 0) {
    signal?.throwIfAborted()
    try {
      await admin.createTopics({
        waitForLeaders: true,
        timeout: Math.min(timeoutMs, 10_000),
        topics: missing.map(({ topic, partitions, replicationFactor, config = {} }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
      })
    } catch (error) {
      if (performance.now() > deadline || !isTransient(error)) throw cannotCreate(missing, error)
    }
    // A name that is still being deleted is refused as existing: only the metadata tell.
    const now = new Set(await topicNames(client))
    if (missing.every(({ topic }) => now.has(topic))) break
    if (performance.now() > deadline) throw cannotCreate(missing, new Error('they did not appear in time'))
    await sleep(100, undefined, signal ? { signal } : {})
  }
  await retrying(() => describeTopics(client, specs.map(({ topic }) => topic)), { timeoutMs: 15_000, signal }) // prettier-ignore
  return { created: missing.map(({ topic }) => topic), existing: specs.filter(({ topic }) => before.has(topic)).map(({ topic }) => topic) } // prettier-ignore
}

const isTransient = (error: unknown): boolean => !/REPLICATION_FACTOR|PARTITIONS|POLICY|CONFIG|AUTHORIZATION|INVALID_TOPIC/i.test(typeOf(error)) // prettier-ignore
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors.map(typeOf).join(' ') : ''
  return `${'type' in error ? String(error.type) : ''} ${inner}`
}
const cannotCreate = (specs: readonly NewTopic[], error: unknown): PayflowError =>
  new PayflowError('TOPIC_NOT_CREATED', `Cannot create ${specs.map(({ topic }) => topic).join(', ')}: ${typeOf(error).trim() || messageOf(error)}`, {
    kind: 'failed',
    hint: 'check partitions, replication factor and the number of brokers (`payflow infra status`)',
    cause: error,
  }) // prettier-ignore

/**
 * Deletes topics (those that exist) and returns when each of them could be created again, also one that somebody else is deleting:
 * `deleteTopics` alone answers before that, and who creates one too early is told that it exists.
 */
export async function deleteTopics(
  client: Client,
  names: readonly string[],
  { timeoutMs = 60_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const admin = await client.admin()
  const existing = (await topicNames(client)).filter((name) => names.includes(name))
  const deadline = performance.now() + timeoutMs
  for (let shown = existing, lookMs = 10; ; lookMs = Math.min(lookMs * 2, 200)) {
    signal?.throwIfAborted()
    if (shown.length > 0)
      await admin.deleteTopics({ topics: shown, timeout: 10_000 }).catch((error: unknown) => {
        if (performance.now() > deadline) throw error
      })
    shown = (await topicNames(client)).filter((name) => names.includes(name))
    const held = shown.length > 0 ? shown : await refusedAsExisting(client, names)
    if (held.length === 0) return existing
    if (performance.now() > deadline) throw notDeleted(held, shown, timeoutMs)
    await sleep(lookMs, undefined, signal ? { signal } : {})
  }
}

const notDeleted = (held: readonly string[], shown: readonly string[], timeoutMs: number): PayflowError =>
  new PayflowError(
    'TOPIC_NOT_DELETED',
    `${held.join(', ')} could not be deleted within ${timeoutMs / 1000} s${shown.length > 0 ? '' : ': still marked for deletion'}`,
    {
      kind: 'failed',
      hint:
        shown.length > 0
          ? 'look into the broker log with `payflow infra logs`; is delete.topic.enable off?'
          : 'a broker with one of its replicas is down or slow: look with `payflow infra status`, then run this again',
    },
  )
