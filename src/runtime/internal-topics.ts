import { setTimeout as sleep } from 'node:timers/promises'
import { topicsMissing, topicsWith } from '../kafka/missing-topics.ts'
import { PayflowError } from '../errors.ts'
import { codeOf } from '../kafka/errors.ts'
import type { Client } from '../kafka/client.ts'
import { retrying } from '../kafka/retry.ts'
import { addPartitions } from '../kafka/topic-changes.ts'
import { createTopics, type NewTopic } from '../kafka/topic-creation.ts'
import { partitionCounts } from '../kafka/topics.ts'
import { DEAD_LETTERS, inboxTopic, stateTopic } from '../pipeline/events/topics.ts'
import { outputNames, spelledAs, type AnyWorker } from '../pipeline/worker/definition.ts'
import type { OutputPartitions } from './task/processor.ts'

const METADATA_PATIENCE_MS = 5_000
const GROWTH_PATIENCE_MS = 10_000
const INVALID_PARTITIONS = 37
/** Copies of input records and what was added to them must fit, whatever the input's own limit was. */
const copySettings = { 'max.message.bytes': String(10 << 20) }
/** What has been handed on stays until it is read, however long the worker is away; an audit reads it again. */
const inboxSettings = { ...copySettings, 'retention.ms': '-1' }
/** Compaction often enough that restoring stays short; a tombstone lives long enough for a reader that is under way. */
const changelogSettings = {
  'cleanup.policy': 'compact',
  'max.message.bytes': String(10 << 20),
  'segment.bytes': String(32 << 20),
  'min.cleanable.dirty.ratio': '0.3',
  'delete.retention.ms': '3600000',
}

/** The topics that only payflow's workers use, as they are to be created. */
export function internalTopics(
  workers: readonly AnyWorker[],
  sizes: { partitions: number; replicationFactor: number },
): NewTopic[] {
  const own = workers.flatMap(({ name }) => [
    { topic: stateTopic(name), ...sizes, config: changelogSettings },
    { topic: inboxTopic(name), ...sizes, config: inboxSettings },
  ])
  return [{ topic: DEAD_LETTERS, ...sizes, config: copySettings }, ...own]
}

/**
 * Checks a worker's topics and creates the internal ones that it lacks; those of a worker without state grow with its inputs.
 * @throws PayflowError for a missing input or output, and when the inputs have another number of partitions than the state was kept for
 */
export async function prepareTopics(
  client: Client,
  worker: AnyWorker,
  replicationFactor: number,
  signal?: AbortSignal,
): Promise<OutputPartitions> {
  const inputs = Object.values(worker.inputs).map(({ name }) => name)
  const outputs = outputNames(worker)
  const needed = [...new Set([...inputs, ...outputs])]
  const existing = await topicsWith(client, needed, signal)
  const absent = needed.filter((name) => !existing.has(name))
  if (absent.length > 0) {
    throw topicsMissing(absent, {
      neededBy: `${worker.name} needs`,
      ...(worker.file && {
        hint: `create it with \`payflow topics create ${absent.join(' ')}\`, or run the worker that writes it`,
      }),
    })
  }
  const before = areKnown(existing, needed) ? existing : await countsOf(client, needed)
  const input = coPartitioned(worker, inputs, before)
  const internal = internalTopics([worker], { partitions: input, replicationFactor })
  const counts = await countsOfCreated(client, internal, existing)
  for (const topic of [stateTopic(worker.name), inboxTopic(worker.name)])
    if (counts.get(topic) !== input) await fit(client, worker, { topic, has: counts.get(topic) ?? 0, input })
  const outputCounts = new Map(outputs.map((name) => [name, before.get(name)!]))
  return { input, output: before.get(worker.output.name)!, outputs: outputCounts, deadLetters: counts.get(DEAD_LETTERS)! } // prettier-ignore
}

/** Partitions of a state are never moved: it would have to be rebuilt. Where there is none, the internal topic grows. */
async function fit(
  client: Client,
  worker: AnyWorker,
  { topic, has, input }: { topic: string; has: number; input: number },
): Promise<void> {
  if (!worker.state && has < input) return growTo(client, topic, input)
  const inputs = Object.values(worker.inputs).map(({ name }) => name)
  const what = worker.state
    ? `the state of ${worker.name} would be in the wrong place`
    : `nothing would read the rest of what was handed to ${worker.name}`
  throw new PayflowError(
    'PARTITIONS_CHANGED',
    `${inputs.join(' and ')} ${inputs.length > 1 ? 'have' : 'has'} ${input} partitions, but ${topic} was made for ${has}: ${what}`,
    { kind: 'failed', hint: `rebuild it with \`payflow worker reset ${spelledAs(worker)}\`` },
  )
}

/** Another instance may do so at the same moment: it is refused to this one before the new partitions show. */
async function growTo(client: Client, topic: string, count: number): Promise<void> {
  try {
    await addPartitions(client, topic, count)
  } catch (error) {
    if (codeOf(error) !== INVALID_PARTITIONS) throw error
    const deadline = performance.now() + GROWTH_PATIENCE_MS
    while (((await countsOf(client, [topic])).get(topic) ?? 0) < count) {
      if (performance.now() > deadline) throw error
      await sleep(100)
    }
  }
}

const areKnown = (counts: ReadonlyMap<string, number>, names: readonly string[]): boolean =>
  names.every((name) => (counts.get(name) ?? 0) > 0)

/** Creates those that are not there. `existing`: what was there a moment ago. */
async function countsOfCreated(
  client: Client,
  topics: readonly NewTopic[],
  existing: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const names = topics.map(({ topic }) => topic)
  if (areKnown(existing, names)) return existing
  await createTopics(client, topics)
  return countsOf(client, names)
}

const countsOf = (client: Client, names: readonly string[]): Promise<Map<string, number>> =>
  retrying(() => partitionCounts(client, names), { timeoutMs: METADATA_PATIENCE_MS })

function coPartitioned(worker: AnyWorker, inputs: readonly string[], counts: ReadonlyMap<string, number>): number {
  const sizes = new Set(inputs.map((name) => counts.get(name)!))
  if (sizes.size === 1) return counts.get(inputs[0]!)!
  throw new PayflowError(
    'NOT_COPARTITIONED',
    `${worker.name} joins ${inputs.map((name) => `${name} (${counts.get(name) ?? 0} partitions)`).join(' and ')}, which must have the same number of partitions`,
    {
      kind: 'failed',
      hint: `give the smaller topic as many with \`payflow topics add-partitions\`${worker.state ? `, then \`payflow worker reset ${spelledAs(worker)}\`` : ''}`,
    },
  )
}
