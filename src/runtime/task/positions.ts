import type { Connection } from '../../kafka/connection.ts'
import { StaleCoordinator } from '../../kafka/errors.ts'
import { committedOffsets, listOffsets, type OffsetMap } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { topicIds } from '../../kafka/topic-identity.ts'
import { groupOf, inboxTopic, stateTopic } from '../../pipeline/events/topics.ts'
import { spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { recordedOffset, type Progress } from '../state/progress.ts'
import { refused, type Refused } from './position-errors.ts'
import { decide, type Standing } from './position-table.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { Committer } from '../transaction/committer.ts'

/** A partition that a task reads. */
export interface SourcePartition extends TopicPartition {
  readonly isInbox: boolean
}

/** What a task reads: its partition of every input, and of the inbox. */
export const sourcesOf = (worker: AnyWorker, partition: number): SourcePartition[] => [
  ...Object.values(worker.inputs).map(({ name }) => ({ topic: name, partition, isInbox: false })),
  { topic: inboxTopic(worker.name), partition, isInbox: true },
]

/** Where a task goes on in one of its partitions. */
export interface StartingPosition extends TopicPartition {
  readonly from: number
  /** The group's offset as it is; `from` for a group that need not have one yet. What differs is committed with the next transaction. */
  readonly committed: number
  /** Undefined where the broker gives topics no ids. */
  readonly topicId: string | undefined
}

export interface PositionQuestion {
  readonly worker: AnyWorker
  readonly sources: readonly SourcePartition[]
  readonly signal: AbortSignal
  /** What this instance knows of its group as a member; undefined: it is none. */
  readonly committer?: Pick<Committer, 'member' | 'committed'> | undefined
  /** Told what is asked again. */
  readonly onRetry?: ((error: unknown) => void) | undefined
}

/**
 * The group's offsets; one that a transaction is about to change is asked for again until that is decided (KIP-447). So are all of them while a
 * broker answers that is the group's coordinator no more: it does not know this member's generation, which began after all that earlier owners
 * have committed, or it does not know what this member has committed since.
 */
export const settledOffsets = (
  connection: Connection,
  { worker, sources, signal, committer, onRetry }: PositionQuestion,
): Promise<OffsetMap> => {
  const group = groupOf(worker.name)
  const ask = async (): Promise<OffsetMap> => {
    const member = await committer?.member(signal)
    const offsets = await committedOffsets(connection, group, sources, { stable: true, member })
    const old =
      committer && sources.find((at) => (offsets.of(at.topic, at.partition) ?? 0) < committer.committed.upTo(at))
    if (!old) return offsets
    const stale = new StaleCoordinator(group, `it knows less of ${old.topic}/${old.partition} than was committed`)
    await connection.forget(stale)
    throw stale
  }
  return retrying(ask, { timeoutMs: 30_000, signal, onRetry })
}

/** Whether offsets and state are of one transaction: each transaction has written both. */
export const agree = (
  committed: OffsetMap,
  progress: Progress | undefined,
  sources: readonly SourcePartition[],
): boolean =>
  sources.every((source) => (committed.of(source.topic, source.partition) ?? 0) === (recordedOffset(progress, source) ?? 0)) // prettier-ignore

/** What is known of each partition, in the order of `sources`. */
export async function standings(
  connection: Connection,
  { worker, sources, signal, onRetry }: PositionQuestion,
  { committed, progress }: { committed: OffsetMap; progress: Progress | undefined },
): Promise<Standing[]> {
  const [starts, ends, ids] = await retrying(
    () =>
      Promise.all([
        listOffsets(connection, sources, 'earliest'),
        listOffsets(connection, sources, 'latest'),
        topicIds(connection, sources),
      ]),
    { timeoutMs: 30_000, signal, onRetry },
  )
  return sources.map((source) => {
    const { topic, partition, isInbox } = source
    return {
      committed: committed.of(topic, partition),
      recorded: recordedOffset(progress, source),
      recordedId: progress?.topicIds?.[topic],
      id: ids.get(topic),
      start: starts.of(topic, partition) ?? 0,
      end: ends.of(topic, partition) ?? 0,
      stateful: worker.state !== undefined,
      isInbox,
    }
  })
}

/**
 * Where a task goes on, by the group's offsets and the progress record of its state (`decide`).
 * @throws PositionError where beginning anywhere could lose something or write it twice
 */
export async function startingPositions(
  connection: Connection,
  question: PositionQuestion,
  known: { committed: OffsetMap; progress: Progress | undefined },
): Promise<StartingPosition[]> {
  const all = await standings(connection, question, known)
  return question.sources.map((source, i) => {
    const { topic, partition } = source
    const standing = all[i]!
    const decision = decide(standing)
    if ('refusal' in decision) throw refused(decision.refusal, decision.at, standing, namesOf(question.worker, source))
    const { from } = decision
    return { topic, partition, from, committed: standing.committed ?? (standing.recorded ? NONE : from), topicId: standing.id } // prettier-ignore
  })
}

/** What the sentences of a refusal name. */
export const namesOf = (worker: AnyWorker, source: TopicPartition): Refused => ({
  spelling: spelledAs(worker),
  group: groupOf(worker.name),
  stateTopic: stateTopic(worker.name),
  source,
})

/** No offset of a partition. */
const NONE = -1
