import { usage } from '../../settings/refuse.ts'
import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { countSpans } from '../../kafka/count.ts'
import { codeOf } from '../../kafka/errors.ts'
import { groupsActive, type GroupMember } from '../../kafka/group-members.ts'
import type { GroupDescription } from '../../kafka/groups.ts'
import { moveOffsets } from '../../kafka/offset-commit.ts'
import { OffsetMap, committedOffsets, listOffsets } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { topicIdentities } from '../../kafka/topic-identity.ts'
import { groupOf, inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { describeWithLag } from '../groups.ts'
import { ownProgress } from './own-progress.ts'
import { refuse, type GroupFacts, type GroupResetPlan, type Move, type ReadPartition } from './plan.ts'
import { measuredRate } from './rate.ts'
import type { ResetTarget } from './target.ts'

/** Which of the group's partitions are meant; all of them where nothing is said. */
interface ResetScope {
  readonly topic?: string | undefined
  readonly partition?: number | undefined
}

const patience = { timeoutMs: 15_000 }
const UNSTABLE_OFFSET_COMMIT = 88

/**
 * The partitions that a group reads: those in which it has offsets, a worker's inputs and inbox, and the topic that is named.
 * @throws PayflowError when there is no such group, it has no offsets, or it reads nothing of what is meant
 */
export async function readGroupFacts(
  client: Client,
  group: string,
  { target, scope }: { target: ResetTarget; scope: ResetScope },
  { workers, signal }: { workers: readonly AnyWorker[]; signal: AbortSignal },
): Promise<GroupFacts> {
  const worker = workers.find(({ name }) => groupOf(name) === group)
  const described = await describedOrNew(client, group, worker !== undefined || scope.topic !== undefined)
  if (described.type === 'share')
    throw usage('GROUP_WITHOUT_OFFSETS', `${group} is a share group: its progress is not an offset`, 'use kafka-share-groups.sh --reset-offsets') // prettier-ignore
  const reads = worker ? [...Object.values(worker.inputs).map(({ name }) => name), inboxTopic(worker.name)] : []
  const there = await topicIdentities(client.shared, [...described.partitions.map(({ topic }) => topic), ...reads, ...(scope.topic === undefined ? [] : [scope.topic])]) // prettier-ignore
  const chosen = [...there].flatMap(([topic, { partitions: count }]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })).filter(
      (at) => at.topic === (scope.topic ?? topic) && at.partition === (scope.partition ?? at.partition),
    ),
  )
  if (chosen.length === 0) throw nothingMeant(group, scope, [...there.keys()])
  const [starts, ends, committed, times] = await Promise.all([
    retrying(() => listOffsets(client.shared, chosen, 'earliest'), { ...patience, signal }),
    retrying(() => listOffsets(client.shared, chosen, 'stable'), { ...patience, signal }),
    settled(client, group, chosen, signal),
    target.kind === 'time' ? retrying(() => listOffsets(client.shared, chosen, target.ms), { ...patience, signal }) : new OffsetMap(), // prettier-ignore
  ])
  const own = worker ? await ownProgress(client, worker, chosen, signal) : undefined
  return {
    ...{ group, worker, members: (described.members ?? []).map((member) => memberOf(group, member)) },
    partitions: chosen.map(({ topic, partition }): ReadPartition => {
      const atTime = times.of(topic, partition) ?? -1
      const standing = own?.standings.get(OffsetMap.keyOf(topic, partition))
      return {
        ...{ topic, partition },
        end: ends.of(topic, partition) ?? 0,
        committed: committed.of(topic, partition) ?? null,
        start: starts.of(topic, partition) ?? 0,
        ...(atTime >= 0 && { atTime }),
        ...(standing && { standing }),
      }
    }),
    rate: own && measuredRate(own.marks),
  }
}

/** `may`: a group that is not there, or has lost its offsets, may be given some. @throws PayflowError where it may not */
async function describedOrNew(
  client: Client,
  group: string,
  may: boolean,
): Promise<Pick<GroupDescription, 'type' | 'members' | 'partitions'>> {
  try {
    return await describeWithLag(client, group)
  } catch (error) {
    if (!may || !(error instanceof PayflowError) || error.code !== 'GROUP_NOT_FOUND') throw error
    return { type: 'classic', members: [], partitions: [] }
  }
}

const memberOf = (group: string, { clientId, host }: { clientId: string; host: string }): GroupMember => ({
  ...{ group, clientId },
  host: host.replace(/^\//, ''),
})

/** @throws PayflowError while a transaction holds one of these offsets back: it may still change */
async function settled(
  client: Client,
  group: string,
  partitions: readonly { topic: string; partition: number }[],
  signal: AbortSignal,
): Promise<OffsetMap> {
  try {
    return await retrying(() => committedOffsets(client.shared, group, partitions, { stable: true }), { ...patience, signal }) // prettier-ignore
  } catch (error) {
    if (codeOf(error) !== UNSTABLE_OFFSET_COMMIT) throw error
    throw new PayflowError('TRANSACTION_OPEN', `A transaction that is not decided holds an offset of ${group}`, {
      kind: 'failed',
      hint: '`payflow doctor` says whose it is, and what ends it',
      cause: error,
    })
  }
}

function nothingMeant(group: string, { topic, partition }: ResetScope, topics: readonly string[]): PayflowError {
  const what = topic === undefined ? 'any topic that is there' : topic + (partition === undefined ? '' : `/${partition}`) // prettier-ignore
  return new PayflowError('GROUP_READS_NOTHING', `${group} has read nothing of ${what}`, {
    kind: 'failed',
    hint: topics.length > 0 ? `it reads ${topics.join(', ')}` : `see \`payflow groups describe ${group}\``,
  })
}

/** Above this many offsets in a partition they are counted instead of the records, which would have to be read. */
const COUNTED_GAP = 100_000

/** What lies between where a group stands and where it is to stand. */
export interface Distance {
  /** Records that it will read a second time, and records that it will not read at all. */
  readonly again: number
  readonly skipped: number
  /** Some of it is counted in offsets, commit markers and all. */
  readonly approximate: boolean
}

export interface CountedMove extends Move {
  readonly records: number
}

/** What a read-committed reader finds between the two ends of each move. */
export async function countMoves(
  client: Client,
  facts: GroupFacts,
  moves: readonly Move[],
): Promise<Distance & { moves: CountedMove[] }> {
  const spans = moves.map((move) => {
    const at = facts.partitions.find(({ topic, partition }) => topic === move.topic && partition === move.partition)!
    const within = (offset: number): number => Math.min(Math.max(offset, at.start), at.end)
    const here = within(move.from ?? at.start)
    const [from, to] = [Math.min(here, move.to), Math.max(here, move.to)]
    return { move, topic: move.topic, partition: move.partition, from, to, records: 0, back: move.to < here }
  })
  const small = spans.filter(({ from, to }) => to - from <= COUNTED_GAP)
  await countSpans(client.shared, small, (span, { records }) => (span.records += records))
  for (const span of spans) if (!small.includes(span)) span.records = span.to - span.from
  const sum = (of: typeof spans): number => of.reduce((all, { records }) => all + records, 0)
  return {
    again: sum(spans.filter(({ back }) => back)),
    skipped: sum(spans.filter(({ back }) => !back)),
    approximate: small.length < spans.length,
    moves: spans.map(({ move, records }) => ({ ...move, records })),
  }
}

/** @throws PayflowError that names the members while there are any, or says why the group's worker could not begin there */
export async function applyGroupReset(
  client: Client,
  plan: GroupResetPlan,
  sessionTimeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (plan.members.length > 0) throw groupsActive(plan.members, sessionTimeoutMs)
  if (plan.refusal) throw refuse(plan.refusal)
  await moveOffsets(client, plan.group, plan.moves, { sessionTimeoutMs, signal })
}
