import { topicsNotFound } from '../../kafka/missing-topics.ts'
import { usage } from '../../settings/refuse.ts'
import type { Client } from '../../kafka/client.ts'
import { addPartitions } from '../../kafka/topic-changes.ts'
import { listTopics, type TopicInfo } from '../../kafka/topics.ts'
import { isPayflowTopic, publicTopics, DEAD_LETTERS } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { affectedBy, reads } from './reset-plan.ts'

export interface GrowthPlan {
  readonly topic: string
  readonly from: number
  readonly to: number
  /** Topics that are joined with this one, and must grow as well. */
  readonly alsoGrow: readonly string[]
  /** Workers that keep state of it: they end, and refuse to start until they are reset. Those without state take the new partitions. */
  readonly reset: readonly string[]
}

/** @throws PayflowError for a topic that is not there or may not grow, and a count that is not more than it has */
export function planGrowth(
  topic: string,
  to: number,
  topics: readonly Pick<TopicInfo, 'topic' | 'partitions'>[],
  workers: readonly AnyWorker[],
): GrowthPlan {
  const partitions = new Map(topics.map((info) => [info.topic, info.partitions]))
  const from = partitions.get(topic)
  if (from === undefined) throw topicsNotFound([topic], [...partitions.keys()])
  const isInternal = isPayflowTopic(topic) && topic !== DEAD_LETTERS && !publicTopics.some(({ name }) => name === topic)
  if (isInternal)
    throw usage('TOPIC_INTERNAL', `${topic} always has as many partitions as its worker's inputs`, 'grow the input, then run `payflow worker reset`') // prettier-ignore
  if (to <= from)
    throw usage('PARTITIONS_NOT_MORE', `${topic} has ${from} partitions already; Kafka can only add some`, `name a number above ${from}`) // prettier-ignore
  const readers = workers.filter((worker) => reads(worker, topic))
  const joined = readers.flatMap(({ inputs }) => Object.values(inputs).map(({ name }) => name))
  const alsoGrow = [...new Set(joined)].filter((name) => name !== topic && (partitions.get(name) ?? to) < to)
  return { topic, from, to, alsoGrow, reset: readers.filter(({ state }) => state).map(({ name }) => name) }
}

export async function readGrowth(
  client: Client,
  topic: string,
  to: number,
  workers: readonly AnyWorker[],
): Promise<GrowthPlan> {
  return planGrowth(topic, to, await listTopics(client), workers)
}

export const applyGrowth = (client: Client, { topic, to }: GrowthPlan, signal: AbortSignal): Promise<void> =>
  addPartitions(client, topic, to, signal)

/** What is left to do once the topic has grown: commands, in their order. */
export function commandsAfter({ alsoGrow, reset, to }: GrowthPlan, workers: readonly AnyWorker[]): string[] {
  const grow = alsoGrow.map((topic) => `payflow topics add-partitions ${topic} ${to}`)
  const covered = new Set<string>()
  const resets = reset.filter((name) => {
    if (covered.has(name)) return false
    const worker = workers.find((candidate) => candidate.name === name)
    for (const { name: affected } of worker ? affectedBy([worker], workers, { keepOutput: false }) : []) covered.add(affected) // prettier-ignore
    return true
  })
  return [...grow, ...(resets.length > 0 ? [`payflow worker reset ${resets.join(' ')}`] : [])]
}
