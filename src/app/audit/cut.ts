import { setTimeout as sleep } from 'node:timers/promises'
import { topicsMissing, topicsWith } from '../../kafka/missing-topics.ts'
import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { countRecords } from '../../kafka/count.ts'
import type { OffsetMap } from '../../kafka/offsets.ts'
import { DEAD_LETTERS, groupOf, inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { progressOf } from '../../runtime/state/group-progress.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { decided, patientOffsets } from './decided.ts'
import { timersFired } from './timers.ts'

/** A partition up to an offset. */
export interface Span extends TopicPartition {
  readonly to: number
}

/** A partition that the worker consumes. */
export interface InputSpan extends Span {
  /** What lies below has been processed for certain; what lies between it and `to`, maybe. */
  readonly required: number
}

/** What belongs together: inputs up to the committed offsets, and outputs that hold all their effects. */
export interface Cut {
  /** Nothing was committed while it was taken: the outputs hold the effects of exactly these inputs. */
  readonly exact: boolean
  /** By the names of the definition. */
  readonly inputs: ReadonlyMap<string, readonly InputSpan[]>
  readonly inbox: readonly InputSpan[]
  /** How far the inbox was written, processed or not. */
  readonly inboxWritten: readonly Span[]
  readonly outputs: readonly Span[]
  readonly deadLetters: readonly Span[]
  readonly committed: OffsetMap
}

const ATTEMPTS = 3
/** The coordinator shows the offsets of a transaction a moment after its outputs can be read. */
const SETTLE_MS = 150

/**
 * Takes the committed offsets, then the ends of what the worker writes, waits until every transaction up to there is decided, and takes the
 * offsets again: what lies below the first offsets must have its effects below those ends, and they hold no effects of what lies beyond the
 * second ones. When both are the same the cut is exact.
 * @throws PayflowError for a missing topic, for a log whose beginning is gone, and when it is not known how far the worker has read
 */
export async function takeCut(client: Client, worker: AnyWorker, signal: AbortSignal): Promise<Cut> {
  const topics = await topicsOf(client, worker)
  const written = [...topics.output, ...topics.inbox, ...topics.deadLetters]
  await refuseTrimmed(client, worker, [...topics.input, ...written], signal)
  for (let attempt = 1; ; attempt++) {
    const before = await committedOf(client, worker, topics, signal)
    await timersFired(client, worker, signal)
    const ends = await patientOffsets(client, written, 'latest', signal)
    await decided(client, written, ends, signal)
    await sleep(SETTLE_MS, undefined, { signal })
    const after = await committedOf(client, worker, topics, signal)
    const exact = sameOffsets(before, after)
    const lost = after.size === 0 && (await holdsAny(client, topics.output, ends))
    if ((!exact || lost) && attempt < ATTEMPTS) continue
    if (lost) throw progressLost(worker)
    await refuseBeyondEnd(client, worker, topics.input, after, signal)
    const end = ({ topic, partition }: TopicPartition): Span => ({ topic, partition, to: ends.of(topic, partition) ?? 0 }) // prettier-ignore
    const consumed = ({ topic, partition }: TopicPartition): InputSpan => {
      const required = before.of(topic, partition) ?? 0
      return { topic, partition, required, to: Math.max(required, after.of(topic, partition) ?? 0) }
    }
    return {
      exact,
      inputs: new Map(
        Object.entries(worker.inputs).map(([alias, { name }]) => [
          alias,
          topics.input.filter(({ topic }) => topic === name).map(consumed),
        ]),
      ),
      inbox: topics.inbox.map(consumed),
      inboxWritten: topics.inbox.map(end),
      outputs: topics.output.map(end),
      deadLetters: topics.deadLetters.map(end),
      committed: after,
    }
  }
}

/** @throws PayflowError when a log has lost its beginning since the cut was taken */
export async function refuseTrimmedSince(
  client: Client,
  worker: AnyWorker,
  { inputs, inbox, outputs, deadLetters }: Cut,
  signal: AbortSignal,
): Promise<void> {
  await refuseTrimmed(client, worker, [...[...inputs.values()].flat(), ...inbox, ...outputs, ...deadLetters], signal)
}

/** Whether the worker has committed anything since the cut was taken. */
export async function hasMoved(client: Client, worker: AnyWorker, cut: Cut, signal: AbortSignal): Promise<boolean> {
  const consumed = [...[...cut.inputs.values()].flat(), ...cut.inbox]
  const now = await progressOf(client, worker, consumed, signal)
  return !sameOffsets(cut.committed, now)
}

interface Topics {
  readonly input: TopicPartition[]
  readonly inbox: TopicPartition[]
  readonly output: TopicPartition[]
  readonly deadLetters: TopicPartition[]
}

async function topicsOf(client: Client, worker: AnyWorker): Promise<Topics> {
  const inputs = [...new Set(Object.values(worker.inputs).map(({ name }) => name))]
  const needed = [...new Set([...inputs, worker.output.name])]
  const existing = await topicsWith(client, needed)
  const absent = needed.filter((name) => !existing.has(name))
  if (absent.length > 0) throw topicsMissing(absent, { neededBy: `The audit of ${worker.name} needs` })
  const partitions = async (topic: string): Promise<TopicPartition[]> => {
    // asked for by its name: one that may not be described must not be taken for one that is empty
    const count = await client.shared.partitions(topic)
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  }
  const input = (await Promise.all(inputs.map(partitions))).flat()
  const inbox = await partitions(inboxTopic(worker.name))
  if (inbox.length > 0 && input.some(({ partition }) => partition >= inbox.length))
    throw new PayflowError('PARTITIONS_CHANGED', `${inputs.join(' and ')} got more partitions than ${worker.name} was started with`, { kind: 'failed', hint: worker.state ? `rebuild its state with \`payflow worker reset ${worker.name}\`` : `let it read them: \`payflow worker ${worker.name}\`` }) // prettier-ignore
  return { input, inbox, output: await partitions(worker.output.name), deadLetters: await partitions(DEAD_LETTERS) }
}

const committedOf = (client: Client, worker: AnyWorker, { input, inbox }: Topics, signal: AbortSignal) =>
  progressOf(client, worker, [...input, ...inbox], signal)

const sameOffsets = (a: OffsetMap, b: OffsetMap): boolean =>
  a.size === b.size && [...a].every(([at, offset]) => b.get(at) === offset)

/** Whether a read-committed reader finds a record. */
async function holdsAny(client: Client, partitions: readonly TopicPartition[], ends: OffsetMap): Promise<boolean> {
  for (const { topic, partition } of partitions) {
    const span = { topic, partition, from: 0, to: ends.of(topic, partition) ?? 0 }
    for await (const { records } of countRecords(client.shared, span)) if (records > 0) return true
  }
  return false
}

const progressLost = ({ name, output }: AnyWorker): PayflowError =>
  new PayflowError('PROGRESS_UNKNOWN', `${output.name} holds records, but ${groupOf(name)} has no committed offsets and ${name} no progress record: how much of its inputs it has read is not known`, { kind: 'failed', hint: `if ${name} wrote them, rebuild them with \`payflow worker reset ${name}\`` }) // prettier-ignore

/** Even while an audit reads: retention does not wait for it. */
async function refuseTrimmed(
  client: Client,
  worker: AnyWorker,
  partitions: readonly TopicPartition[],
  signal: AbortSignal,
): Promise<void> {
  const starts = await patientOffsets(client, partitions, 'earliest', signal)
  const trimmed = partitions.find(({ topic, partition }) => (starts.of(topic, partition) ?? 0) > 0)
  if (trimmed)
    throw new PayflowError('LOG_TRIMMED', `${trimmed.topic}/${trimmed.partition} begins at offset ${starts.of(trimmed.topic, trimmed.partition)!}: what was before is deleted, so ${worker.name} cannot be recomputed`, { kind: 'failed', hint: 'audit the workers whose topics are whole, by their names; a longer retention.ms keeps topics whole' }) // prettier-ignore
}

/** A topic that was re-created under a group that was not reset. */
async function refuseBeyondEnd(
  client: Client,
  worker: AnyWorker,
  inputs: readonly TopicPartition[],
  committed: OffsetMap,
  signal: AbortSignal,
): Promise<void> {
  const ends = await patientOffsets(client, inputs, 'latest', signal)
  const beyond = inputs.find(({ topic, partition }) => (committed.of(topic, partition) ?? 0) > (ends.of(topic, partition) ?? 0)) // prettier-ignore
  if (beyond)
    throw new PayflowError('OFFSET_OUT_OF_RANGE', `${groupOf(worker.name)} stands at offset ${committed.of(beyond.topic, beyond.partition)!} of ${beyond.topic}/${beyond.partition}, which ends before that: the topic was re-created`, { kind: 'failed', hint: `start it from the beginning with \`payflow worker reset ${worker.name}\`` }) // prettier-ignore
}
