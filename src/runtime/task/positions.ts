import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError } from '../../errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { OffsetMap, committedOffsets, listOffsets, type TopicPartition } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'

/** Answers that differ, 50 ms apart, until they are believed. Answers, not time: of a coordinator that is silent meanwhile nothing is learned. */
const PATIENCE_ANSWERS = 40
const ASK_AGAIN_MS = 50

/**
 * Where a task goes on: the group's committed offsets, asked for after fencing. The coordinator shows the offsets of a transaction
 * a moment after its commit marker, and every transaction also wrote a progress record: what differs from that record is asked for again,
 * and only offsets that no transaction is about to change count from then on. (The first question takes any: offsets that are what the
 * progress record says are right, whatever else a transaction that never ended may hold.)
 * Still different after that, somebody moved the group on purpose: a worker without state follows, one with state cannot.
 */
export async function startingOffsets(
  connection: Connection,
  options: {
    /** How a command line names the worker. */
    spelling: string
    group: string
    sources: readonly TopicPartition[]
    progress: OffsetMap
    stateful: boolean
    signal: AbortSignal
  },
): Promise<OffsetMap> {
  const { spelling, group, sources, progress, stateful, signal } = options
  const patience = { timeoutMs: 30_000, signal }
  const differs = (committed: OffsetMap): TopicPartition | undefined =>
    sources.find(
      ({ topic, partition }) => (committed.of(topic, partition) ?? 0) !== (progress.of(topic, partition) ?? 0),
    )
  const ask = (stable: boolean): Promise<OffsetMap> =>
    retrying(() => committedOffsets(connection, group, sources, { stable }), patience)
  let committed = await ask(false)
  for (let answers = 1; differs(committed) && answers < PATIENCE_ANSWERS; answers++) {
    await sleep(ASK_AGAIN_MS, undefined, { signal })
    committed = await ask(true)
  }
  const moved = differs(committed)
  if (moved && stateful) throw movedGroup(spelling, group, moved, committed, progress)
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, sources, 'earliest'), listOffsets(connection, sources, 'latest')]),
    patience,
  )
  const found = new OffsetMap()
  for (const { topic, partition } of sources) {
    const offset = committed.of(topic, partition)
    const start = starts.of(topic, partition) ?? 0
    if (offset !== undefined && (offset < start || offset > (ends.of(topic, partition) ?? 0)))
      throw outOfRange(spelling, group, { topic, partition }, offset)
    found.set(OffsetMap.keyOf(topic, partition), offset ?? start)
  }
  return found
}

function movedGroup(
  spelling: string,
  group: string,
  at: TopicPartition,
  committed: OffsetMap,
  progress: OffsetMap,
): PayflowError {
  const { topic, partition } = at
  return new PayflowError(
    'GROUP_MOVED',
    `${group} stands at ${committed.of(topic, partition) ?? 'no'} offset in ${topic}/${partition}, but its state was kept up to ${progress.of(topic, partition) ?? 'none'}`,
    { kind: 'failed', hint: `somebody moved the group; rebuild the state with \`payflow worker reset ${spelling}\`` },
  )
}

export function outOfRange(
  spelling: string,
  group: string,
  at: TopicPartition,
  offset: number,
  cause?: unknown,
): PayflowError {
  return new PayflowError(
    'OFFSET_OUT_OF_RANGE',
    `${group} stands at offset ${offset} of ${at.topic}/${at.partition}, which is not there (deleted by retention, or the topic was re-created)`,
    {
      kind: 'failed',
      cause,
      hint: `start it anew with \`payflow worker reset ${spelling}\`, or move the group with \`payflow groups reset ${group}\``,
    },
  )
}
