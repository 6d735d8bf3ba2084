import { setTimeout as sleep } from 'node:timers/promises'
import { classify, codeOf } from './errors.ts'
import type { Client } from './client.ts'
import { listOffsets, OffsetMap } from './offsets.ts'
import { retrying } from './retry.ts'
import { topicErrorOf } from './topic-error.ts'
import type { TopicMetadata } from './transport.ts'
import type { TopicPartition } from './partitions.ts'

export interface TopicInfo {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  /** End minus start offsets: commit markers count too, and records that were compacted away. Null: a partition cannot be asked. */
  readonly records: number | null
}

export interface TopicDescription<Offset = number> {
  readonly topic: string
  readonly partitions: readonly PartitionDescription<Offset>[]
}

interface PartitionDescription<Offset> {
  readonly partition: number
  /** -1: none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly start: Offset
  readonly end: Offset
}

export const topicNames = async (client: Client): Promise<string[]> => [...(await allCounts(client)).keys()].sort()

/** Topic → its partitions, of all topics; 0 where the broker cannot tell yet. */
export const allCounts = async (client: Client): Promise<Map<string, number>> => countsIn(await existing(client, 'all'))

const UNKNOWN_TOPIC = 3

/** What a broker tells of all topics, or of those named. @throws a broker's error of a named topic */
async function existing(client: Client, names: readonly string[] | 'all'): Promise<readonly TopicMetadata[]> {
  const { topicMetadata } = await client.shared.metadata(names)
  if (names === 'all') return topicMetadata.filter(({ topicErrorCode }) => topicErrorCode !== UNKNOWN_TOPIC)
  const failed = topicMetadata.find(({ topicErrorCode }) => topicErrorCode !== 0)
  if (failed) throw topicErrorOf(failed.topic, failed.topicErrorCode)
  return topicMetadata
}

/** Topic → its partitions, whether or not they can be asked for anything. @throws when one does not exist */
export async function partitionCounts(client: Client, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  return countsIn(await existing(client, names))
}

const countsIn = (topics: readonly TopicMetadata[]): Map<string, number> =>
  new Map(topics.map(({ topic, partitionMetadata }) => [topic, partitionMetadata.length]))

/** The leader of each partition, by its number; -1: none. @throws when the topic does not exist */
export async function leadersOf(client: Client, name: string): Promise<number[]> {
  const topics = await existing(client, [name])
  return topics
    .flatMap(partitionsOf)
    .sort((a, b) => a.partition - b.partition)
    .map(({ leader }) => leader)
}

/** Partitions, replicas and offsets of the topics named. @throws when one does not exist, or a partition has no leader for 8 s */
export async function describeTopics(client: Client, names: readonly string[]): Promise<TopicDescription[]> {
  if (names.length === 0) return []
  const topics = await existing(client, names)
  const all = topics.flatMap(partitionsOf)
  await client.shared.know(names)
  const [starts, ends] = await retrying(() => offsetsOf(client, all), { timeoutMs: 8_000 })
  return described(topics, ({ topic, partition }) => {
    const start = starts.of(topic, partition) ?? 0
    return { start, end: ends.of(topic, partition) ?? start }
  })
}

/** How long an election, or a broker that does not answer, is waited for when the question does not depend on it. */
const PATIENCE_MS = 2_000

/**
 * All topics, or those named, as far as they can be known: where a partition has no leader, or its leader does not answer,
 * its offsets are null. `heard`: what a broker has just told of them. @throws when a named topic does not exist
 */
export async function lookAtTopics(
  client: Client,
  names: readonly string[] | 'all',
  heard?: readonly TopicMetadata[],
): Promise<TopicDescription<number | null>[]> {
  if (names.length === 0) return []
  const topics = heard?.every(isLed) ? heard : await ledSoon(client, names)
  await client.shared.know(topics.map(({ topic }) => topic)).catch(() => undefined) // each partition says it again
  const led = topics.flatMap(partitionsOf).filter(({ leader }) => leader >= 0)
  const leaders = [...new Set(led.map(({ leader }) => leader))]
  const found = await Promise.all(
    leaders.map((leader) => offsetsIfKnown(client, led.filter((partition) => partition.leader === leader))), // prettier-ignore
  )
  const [starts, ends] = [merged(found.map(([first]) => first)), merged(found.map(([, last]) => last))]
  return described(topics, ({ topic, partition }) => {
    const [start, end] = [starts.of(topic, partition), ends.of(topic, partition)]
    return start === undefined || end === undefined ? { start: null, end: null } : { start, end }
  })
}

const isLed = ({ topicErrorCode, partitionMetadata }: TopicMetadata): boolean =>
  topicErrorCode === 0 && partitionMetadata.every(({ leader }) => leader >= 0)

/** Waits a moment for the leaders of all partitions. */
async function ledSoon(client: Client, names: readonly string[] | 'all'): Promise<readonly TopicMetadata[]> {
  const deadline = performance.now() + PATIENCE_MS
  for (let lookMs = 10; ; lookMs = Math.min(lookMs * 2, 200)) {
    const topics = await existing(client, names)
    if (topics.every(isLed) || performance.now() > deadline) return topics
    await sleep(lookMs)
  }
}

type Offsets = readonly [starts: OffsetMap, ends: OffsetMap]

const offsetsOf = (client: Client, partitions: readonly TopicPartition[]): Promise<Offsets> =>
  Promise.all([listOffsets(client.shared, partitions, 'earliest'), listOffsets(client.shared, partitions, 'latest')])

/** The offsets of one leader's partitions. One that has trouble of its own must not hide the others. */
async function offsetsIfKnown(client: Client, partitions: readonly TopicPartition[]): Promise<Offsets> {
  try {
    return await retrying(() => offsetsOf(client, partitions), { timeoutMs: PATIENCE_MS })
  } catch (error) {
    if (classify(error) !== 'retriable') throw error
    if (codeOf(error) === undefined || partitions.length === 1) return [new OffsetMap(), new OffsetMap()]
  }
  const single = await Promise.all(partitions.map((partition) => offsetsIfKnown(client, [partition])))
  return [merged(single.map(([starts]) => starts)), merged(single.map(([, ends]) => ends))]
}

const merged = (maps: readonly OffsetMap[]): OffsetMap => new OffsetMap(maps.flatMap((map) => [...map]))

const partitionsOf = ({ topic, partitionMetadata }: TopicMetadata): (TopicPartition & { leader: number })[] =>
  partitionMetadata.map(({ partitionId, leader }) => ({ topic, partition: partitionId, leader }))

function described<Offset>(
  topics: readonly TopicMetadata[],
  offsetsAt: (at: TopicPartition) => { start: Offset; end: Offset },
): TopicDescription<Offset>[] {
  return topics
    .map(({ topic, partitionMetadata }) => ({
      topic,
      partitions: partitionMetadata
        .map(({ partitionId: partition, leader, replicas, isr }) => {
          return { partition, leader, replicas, isr, ...offsetsAt({ topic, partition }) }
        })
        .sort((a, b) => a.partition - b.partition),
    }))
    .sort((a, b) => a.topic.localeCompare(b.topic))
}

/** The topics that exist among `names`, or all of them. */
export async function listTopics(client: Client, names?: readonly string[]): Promise<TopicInfo[]> {
  const look = async (): Promise<TopicDescription<number | null>[]> => {
    if (names === undefined) return lookAtTopics(client, 'all')
    const all = await topicNames(client)
    return lookAtTopics(client, all.filter((name) => names.includes(name))) // prettier-ignore
  }
  // of several brokers, one may not have heard yet of topics that were made or deleted a moment ago
  return (await retrying(look, { timeoutMs: 8_000 })).map(infoOf)
}

export const infoOf = ({ topic, partitions }: TopicDescription<number | null>): TopicInfo => ({
  topic,
  partitions: partitions.length,
  replicationFactor: partitions[0]?.replicas.length ?? 0,
  records: partitions.reduce<number | null>(
    (sum, { start, end }) => (sum === null || start === null || end === null ? null : sum + end - start),
    0,
  ),
})
