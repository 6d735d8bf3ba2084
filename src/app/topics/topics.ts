import { setTimeout as sleep } from 'node:timers/promises'
import { topicsNotFound, topicsWith } from '../../kafka/missing-topics.ts'
import { counted } from '../../counted.ts'
import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { topicConfigs } from '../../kafka/configs.ts'
import { offsetsCount } from '../../kafka/count.ts'
import { deleteGroups } from '../../kafka/group-deletion.ts'
import { listGroups, type GroupInfo } from '../../kafka/groups.ts'
import { createTopics, type NewTopic } from '../../kafka/topic-creation.ts'
import { ReplicaSizes, brokerDisks } from '../../kafka/replica-sizes.ts'
import { deleteTopics } from '../../kafka/topic-deletion.ts'
import {
  infoOf,
  listTopics,
  lookAtTopics,
  topicNames,
  type TopicDescription,
  type TopicInfo,
} from '../../kafka/topics.ts'
import { isPayflowGroup, isPayflowTopic } from '../../pipeline/events/topics.ts'
import type { Settings } from '../../settings/resolve.ts'
import { replicationFactorOf, type Report } from '../cluster.ts'
import { RecordCounter } from '../monitor/record-counter.ts'
import { namedTopics, wantedTopics, type TopicLayout } from './wanted.ts'
import { retrying } from '../../kafka/retry.ts'

/** What the cluster holds of payflow's. */
export interface ClusterState {
  readonly topics: readonly Pick<TopicInfo, 'topic' | 'partitions'>[]
  readonly groups: readonly GroupInfo[]
}

export interface ResetPlan {
  readonly deleteGroups: readonly string[]
  readonly deleteTopics: readonly string[]
  readonly createTopics: readonly NewTopic[]
  /** Groups whose members still run: nothing can be reset before they end. */
  readonly running: readonly GroupInfo[]
}

export function planReset({ topics, groups }: ClusterState, layout: TopicLayout): ResetPlan {
  return {
    deleteGroups: groups.map(({ group }) => group).filter(isPayflowGroup),
    deleteTopics: topics.map(({ topic }) => topic).filter(isPayflowTopic),
    createTopics: wantedTopics(layout),
    running: groups.filter(({ group, members }) => isPayflowGroup(group) && members !== 0),
  }
}

/** What is not as the plan wanted it, once it is carried out: somebody may have created, written or started something meanwhile. */
export function notReset(
  plan: ResetPlan,
  { topics, groups }: { readonly topics: readonly Pick<TopicInfo, 'topic' | 'partitions' | 'records'>[]; readonly groups: readonly GroupInfo[] }, // prettier-ignore
): string[] {
  const found = new Map(topics.map((info) => [info.topic, info]))
  const wanted = new Set(plan.createTopics.map(({ topic }) => topic))
  return [
    ...plan.createTopics.flatMap(({ topic, partitions }) => {
      const info = found.get(topic)
      if (!info) return [`${topic} is missing`]
      if (info.partitions !== partitions)
        return [`${topic} has ${counted(info.partitions, 'partition')}, not ${partitions}`]
      const { records } = info
      return records !== null && records > 0 ? [`${topic} holds ${counted(records, 'record')} already`] : []
    }),
    ...plan.deleteTopics.filter((topic) => !wanted.has(topic) && found.has(topic)).map((topic) => `${topic} is there again`), // prettier-ignore
    ...groups
      .filter(({ group }) => plan.deleteGroups.includes(group))
      .map(
        ({ group, members }) =>
          `${group} is there again, with ${members === null ? 'members' : counted(members, 'member')}`,
      ),
  ]
}

/** A plan in words, a line each. */
export function describePlan({ deleteGroups, deleteTopics, createTopics }: ResetPlan): string[] {
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))
  return [
    `delete groups: ${list(deleteGroups)}`,
    `delete topics: ${list(deleteTopics)}`,
    ...describeCreate(createTopics),
  ]
}

export const describeCreate = (topics: readonly NewTopic[]): string[] =>
  topics.map(
    ({ topic, partitions, replicationFactor }) =>
      `create ${topic}: ${partitions} partitions, replication factor ${replicationFactor}`,
  )

export async function readState(client: Client): Promise<ClusterState> {
  const [topics, groups] = await Promise.all([listTopics(client), listGroups(client, isPayflowGroup)])
  return { topics: topics.filter(({ topic }) => isPayflowTopic(topic)), groups }
}

export async function layoutOf(settings: Settings): Promise<TopicLayout> {
  return { partitions: settings.partitions, replicationFactor: await replicationFactorOf(settings) }
}

/** Brokers may hear of what was made or deleted a moment later. */
const SETTLE_MS = 3_000

/** @throws PayflowError that says what is not as the plan wanted it */
async function verifyReset(client: Client, plan: ResetPlan, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + SETTLE_MS
  for (let lookMs = 10; ; lookMs = Math.min(lookMs * 2, 200)) {
    const [topics, groups] = await Promise.all([listTopics(client), listGroups(client, isPayflowGroup)])
    const faults = notReset(plan, { topics, groups })
    if (faults.length === 0) return
    if (performance.now() > deadline)
      throw new PayflowError('RESET_INCOMPLETE', `The reset is not complete: ${faults.join('; ')}`, {
        kind: 'failed',
        hint: 'stop what reads and writes there (`payflow groups list` shows readers), then run it again',
      })
    await sleep(lookMs, undefined, { signal })
  }
}

/**
 * Carries a plan out, and looks at what is there then. Groups go first: while they have members nothing has been lost yet.
 * @throws PayflowError that names the members still running after `patienceMs`, or what is not as it was wanted
 */
export async function applyReset(
  client: Client,
  plan: ResetPlan,
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
  report: Report,
): Promise<{ created: string[]; deleted: string[] }> {
  if (plan.running.length > 0)
    report(`waiting for members of ${plan.running.map(({ group }) => group).join(', ')} to leave`)
  await deleteGroups(client, plan.deleteGroups, { timeoutMs: patienceMs, signal })
  if (plan.deleteTopics.length > 0) report(`deleting ${plan.deleteTopics.length} topics`)
  await deleteTopics(client, plan.deleteTopics, { signal })
  report(`creating ${plan.createTopics.length} topics`)
  const { created } = await createTopics(client, plan.createTopics, { signal })
  await verifyReset(client, plan, signal)
  return { created, deleted: [...plan.deleteTopics] }
}

/** What `createMissing` would create. */
export async function missingTopics(
  client: Client,
  layout: TopicLayout,
  names: readonly string[] = [],
): Promise<NewTopic[]> {
  const [{ topics }, existing] = await Promise.all([readState(client), topicNames(client)])
  return namedTopics(names, layout, topics).filter(({ topic }) => !existing.includes(topic))
}

export async function createMissing(
  client: Client,
  layout: TopicLayout,
  signal: AbortSignal,
  names: readonly string[] = [],
): Promise<{ created: string[]; existing: string[] }> {
  const { topics } = await readState(client)
  return createTopics(client, namedTopics(names, layout, topics), { signal })
}

/**
 * Every topic but Kafka's own, with the records that a read-committed reader sees. They are counted by reading where the offsets tell
 * another number: where they count commit markers too, and where records were compacted away.
 */
export async function listAll(client: Client): Promise<TopicInfo[]> {
  // of several brokers, one may not have heard yet of topics that were made or deleted a moment ago
  const all = await retrying(() => lookAtTopics(client, 'all'), { timeoutMs: 8_000 })
  const described = all.filter(({ topic }) => !topic.startsWith('__'))
  const configs = await topicConfigs(client, described.map(({ topic }) => topic), ['cleanup.policy']) // prettier-ignore
  const isCompacted = (topic: string): boolean => /compact/.test(configs.get(topic)?.get('cleanup.policy') ?? '')
  const uncounted = await Promise.all(
    described.map(async ({ topic, partitions }) => {
      const filled = partitions.flatMap(({ partition, start, end }) => (start === null || end === null || end <= start ? [] : [{ partition, start, end }])) // prettier-ignore
      if (partitions.some(({ end }) => end === null)) return []
      const plain = !isCompacted(topic) && (await Promise.all(filled.map((at) => offsetsCount(client.shared, { topic, ...at })))).every(Boolean) // prettier-ignore
      return plain ? [] : filled.map(({ partition }) => ({ topic, partition }))
    }),
  )
  const counts = await new RecordCounter(client, 'earliest').count(uncounted.flat())
  return described.map((description) => {
    const info = infoOf(description)
    return { ...info, records: counts.get(info.topic) ?? info.records }
  })
}

export interface DescribedTopic {
  readonly topic: string
  readonly partitions: readonly (TopicDescription<number | null>['partitions'][number] & {
    /** The broker that is to lead it. */
    readonly preferred: number
    /** Of the leader's replica; null: the brokers do not tell. */
    readonly bytes: number | null
  })[]
}

/** @throws PayflowError when a topic of `names` does not exist */
export async function describeExisting(client: Client, names: readonly string[]): Promise<DescribedTopic[]> {
  const existing = await topicsWith(client, names)
  const missing = names.filter((name) => !existing.has(name))
  if (missing.length > 0) throw topicsNotFound(missing, [...existing.keys()])
  const [topics, disks] = await Promise.all([lookAtTopics(client, names), brokerDisks(client)])
  const sizes = new ReplicaSizes(disks)
  return topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((at) => ({
      ...at,
      preferred: at.replicas[0] ?? NO_BROKER,
      bytes: sizes.of(topic, at.partition, at.leader) ?? null,
    })),
  }))
}

const NO_BROKER = -1
