import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../kafka/connection.ts'
import { committedOffsets, listOffsets, type OffsetMap } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { topicIds } from '../../kafka/topic-identity.ts'
import { groupOf, stateTopic } from '../../pipeline/events/topics.ts'
import { spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { recordedOffset, type Progress } from '../state/changelog.ts'
import { refused } from './position-errors.ts'
import { decide, type Standing } from './position-table.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

/** Answers that differ, 50 ms apart, until they are believed. Answers, not time: of a coordinator that is silent meanwhile nothing is learned. */
const PATIENCE_ANSWERS = 40
const ASK_AGAIN_MS = 50

/** A partition that a task reads. */
interface SourcePartition extends TopicPartition {
  readonly isInbox: boolean
}

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
  readonly progress: Progress | undefined
  readonly signal: AbortSignal
  /** Told what is asked again. */
  readonly onRetry?: ((error: unknown) => void) | undefined
}

/**
 * Where a task goes on: the group's committed offsets, asked for after fencing and compared with the progress record (`decide`).
 * The coordinator shows the offsets of a transaction a moment after its commit marker, and every transaction also wrote a progress
 * record: what differs from that record is asked for again, and only offsets that no transaction is about to change count from then on.
 * (The first question takes any: offsets that are what the progress record says are right, whatever else a transaction that never ended
 * may hold.)
 * @throws PositionError where beginning anywhere could lose something or write it twice
 */
export async function startingPositions(
  connection: Connection,
  { worker, sources, progress, signal, onRetry }: PositionQuestion,
): Promise<StartingPosition[]> {
  const patience = { timeoutMs: 30_000, signal, onRetry }
  const group = groupOf(worker.name)
  const committed = await settledOffsets(connection, group, { sources, progress, signal, onRetry })
  const [starts, ends, ids] = await retrying(
    () =>
      Promise.all([
        listOffsets(connection, sources, 'earliest'),
        listOffsets(connection, sources, 'latest'),
        topicIds(connection, sources),
      ]),
    patience,
  )
  return sources.map((source) => {
    const { topic, partition, isInbox } = source
    const standing: Standing = {
      committed: committed.of(topic, partition),
      recorded: recordedOffset(progress, source),
      recordedId: progress?.topicIds?.[topic],
      id: ids.get(topic),
      start: starts.of(topic, partition) ?? 0,
      end: ends.of(topic, partition) ?? 0,
      stateful: worker.state !== undefined,
      isInbox,
    }
    const decision = decide(standing)
    if ('refusal' in decision) {
      const named = { spelling: spelledAs(worker), group, stateTopic: stateTopic(worker.name), source }
      throw refused(decision.refusal, decision.at, standing, named)
    }
    const { from } = decision
    return { topic, partition, from, committed: standing.committed ?? (standing.recorded ? NONE : from), topicId: standing.id } // prettier-ignore
  })
}

/** No offset of a partition. */
const NONE = -1

async function settledOffsets(
  connection: Connection,
  group: string,
  { sources, progress, signal, onRetry }: Omit<PositionQuestion, 'worker'>,
): Promise<OffsetMap> {
  const ask = (stable: boolean): Promise<OffsetMap> =>
    retrying(() => committedOffsets(connection, group, sources, { stable }), { timeoutMs: 30_000, signal, onRetry })
  const differs = (offsets: OffsetMap): boolean =>
    sources.some((source) => (offsets.of(source.topic, source.partition) ?? 0) !== (recordedOffset(progress, source) ?? 0)) // prettier-ignore
  let committed = await ask(false)
  for (let answers = 1; differs(committed) && answers < PATIENCE_ANSWERS; answers++) {
    await sleep(ASK_AGAIN_MS, undefined, { signal })
    committed = await ask(true)
  }
  return committed
}
