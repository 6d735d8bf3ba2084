import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { classify } from '../../kafka/errors.ts'
import { topicsNotFound } from '../../kafka/missing-topics.ts'
import { newestRecords, type Placed } from '../../kafka/newest.ts'
import { listOffsets, OffsetMap } from '../../kafka/offsets.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { FetchArgs } from '../../kafka/records.ts'
import { retrying } from '../../kafka/retry.ts'
import type { ScanSpan } from '../../kafka/scan.ts'
import { topicIdentities, type TopicIdentity } from '../../kafka/topic-identity.ts'
import { lookAtTopics, topicNames } from '../../kafka/topics.ts'
import type { From, To } from './position.ts'

export interface TailWish {
  readonly topics: readonly string[]
  /** Absent: all, and those that come. */
  readonly partitions?: readonly number[] | undefined
  /** Absent: the newest `limit` records (10) of all partitions together. */
  readonly from?: From | undefined
  readonly to?: To | undefined
  /** False: end at what is there now. */
  readonly follow: boolean
  readonly isolation: FetchArgs['isolation']
  /** End after so many records. */
  readonly limit?: number | undefined
}

export interface TailPlan {
  readonly spans: readonly ScanSpan[]
  readonly topics: ReadonlyMap<string, TopicIdentity>
  /** Until when it is followed, in ms since 1970. */
  readonly untilMs: number | undefined
  /** What was asked for and is not there. */
  readonly notes: readonly string[]
  /** What nobody answers for: no broker leads these partitions, or theirs is silent. They have no span. */
  readonly away: readonly TopicPartition[]
}

const PATIENCE_MS = 8_000
/** An election takes no longer; what nobody leads after it is read without. */
const ELECTION_MS = 5_000
const SHOWN_FIRST = 10

interface Bounds extends TopicPartition {
  readonly start: number
  readonly end: number
}

/** Where each partition begins and ends. @throws PayflowError (failed) when a topic or a partition does not exist */
export async function planTail(
  client: Client,
  wish: TailWish,
  signal: AbortSignal,
  nowMs = Date.now(),
): Promise<TailPlan> {
  const topics = await existing(client, wish.topics)
  const at = partitionsOf(topics, wish.partitions)
  const { bounds, away } = await boundsOf(client, at, wish.isolation)
  const untilMs = wish.follow && wish.to?.at === 'time' && wish.to.ms > nowMs ? wish.to.ms : undefined
  const below = await endsOf(client, bounds, wish.to)
  const notes: string[] = []
  const froms = await beginningsOf(client, bounds, below, { wish, notes, signal })
  const isOpen = wish.follow && (wish.to === undefined || untilMs !== undefined)
  const spans = bounds.map(({ topic, partition }): ScanSpan => {
    const to = isOpen ? Infinity : below.of(topic, partition)!
    return { topic, topicId: topics.get(topic)?.id, partition, from: froms.of(topic, partition)!, to }
  })
  return { spans, topics, untilMs, notes, away }
}

async function existing(client: Client, wanted: readonly string[]): Promise<Map<string, TopicIdentity>> {
  const found = await topicIdentities(client.shared, wanted)
  const missing = wanted.filter((topic) => !found.has(topic))
  if (missing.length === 0) return found
  for (const topic of missing) await client.shared.partitions(topic) // says so when it may not be seen
  throw topicsNotFound(missing, await topicNames(client))
}

function partitionsOf(
  topics: ReadonlyMap<string, TopicIdentity>,
  only: readonly number[] | undefined,
): TopicPartition[] {
  const at = [...topics].flatMap(([topic, { partitions }]) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
  )
  if (only === undefined) return at
  for (const wanted of only)
    if (!at.some(({ partition }) => partition === wanted)) {
      const most = Math.max(...[...topics.values()].map(({ partitions }) => partitions)) - 1
      throw new PayflowError('PARTITION_NOT_FOUND', `${[...topics.keys()].join(', ')}: there is no partition ${wanted}`, {
        kind: 'failed',
        hint: most === 0 ? 'the only one is 0' : `they go from 0 to ${most}`,
      }) // prettier-ignore
    }
  return at.filter(({ partition }) => only.includes(partition))
}

/** Of those that somebody answers for. @throws what a broker answered when that is none */
async function boundsOf(
  client: Client,
  at: readonly TopicPartition[],
  isolation: TailWish['isolation'],
): Promise<{ bounds: Bounds[]; away: TopicPartition[] }> {
  try {
    return { bounds: await bounded(client, at, isolation), away: [] }
  } catch (error) {
    if (classify(error) !== 'retriable' || at.length === 1) throw error
    const looked = await lookAtTopics(client, [...new Set(at.map(({ topic }) => topic))])
    const known = new Set(looked.flatMap(({ topic, partitions }) => partitions.filter(({ end }) => end !== null).map(({ partition }) => OffsetMap.keyOf(topic, partition)))) // prettier-ignore
    const isKnown = ({ topic, partition }: TopicPartition): boolean => known.has(OffsetMap.keyOf(topic, partition))
    if (!at.some(isKnown)) throw error
    return { bounds: await bounded(client, at.filter(isKnown), isolation), away: at.filter((each) => !isKnown(each)) }
  }
}

async function bounded(
  client: Client,
  at: readonly TopicPartition[],
  isolation: TailWish['isolation'],
): Promise<Bounds[]> {
  const end = isolation === 'read_committed' ? 'stable' : 'latest'
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(client.shared, at, 'earliest'), listOffsets(client.shared, at, end)]),
    { timeoutMs: ELECTION_MS },
  )
  return at.map(({ topic, partition }) => {
    const start = starts.of(topic, partition) ?? 0
    return { topic, partition, start, end: Math.max(start, ends.of(topic, partition) ?? start) }
  })
}

/** Offsets of the first records of this time; where there is none, the partition's end. */
async function offsetsAt(client: Client, bounds: readonly Bounds[], ms: number): Promise<OffsetMap> {
  const found = await retrying(() => listOffsets(client.shared, bounds, Math.max(ms, 0)), { timeoutMs: PATIENCE_MS })
  return mapped(bounds, ({ topic, partition, end }) => {
    const offset = found.of(topic, partition) ?? -1
    return offset < 0 ? end : Math.min(offset, end)
  })
}

const mapped = (bounds: readonly Bounds[], offsetOf: (of: Bounds) => number): OffsetMap =>
  new OffsetMap(bounds.map((of) => [OffsetMap.keyOf(of.topic, of.partition), offsetOf(of)]))

/** Where each partition is read to, as far as it is there by now. */
async function endsOf(client: Client, bounds: readonly Bounds[], to: To | undefined): Promise<OffsetMap> {
  if (to?.at === 'time') return offsetsAt(client, bounds, to.ms)
  return mapped(bounds, ({ end }) => (to?.at === 'offset' ? Math.min(to.offset, end) : end))
}

interface Choice {
  readonly wish: TailWish
  readonly notes: string[]
  readonly signal: AbortSignal
}

async function beginningsOf(
  client: Client,
  bounds: readonly Bounds[],
  below: OffsetMap,
  choice: Choice,
): Promise<OffsetMap> {
  const { wish, notes } = choice
  const { from } = wish
  switch (from?.at) {
    case 'start':
      return mapped(bounds, ({ start }) => start)
    case 'end':
      return mapped(bounds, ({ end }) => end)
    case 'offset':
      for (const { topic, partition, start, end } of bounds)
        if (from.offset < start)
          notes.push(`${topic}/${partition} begins at offset ${start}: what was before it is deleted`)
        else if (from.offset > end) notes.push(`${topic}/${partition} ends at offset ${end}, before ${from.offset}`)
      return mapped(bounds, ({ start, end }) => Math.min(Math.max(from.offset, start), end))
    case 'time': {
      const found = await offsetsAt(client, bounds, from.ms)
      if (bounds.length > 0 && bounds.every(({ topic, partition, end }) => found.of(topic, partition) === end))
        notes.push(`${wish.topics.join(', ')}: no record is as new as ${new Date(from.ms).toISOString()}`)
      return found
    }
    default:
      return newest(client, bounds, below, choice)
  }
}

async function newest(
  client: Client,
  bounds: readonly Bounds[],
  below: OffsetMap,
  { wish, notes, signal }: Choice,
): Promise<OffsetMap> {
  const { from, isolation, limit } = wish
  const count = from?.at === 'newest' ? from.count : (limit ?? SHOWN_FIRST)
  const each = await Promise.all(
    bounds.map(({ topic, partition, start }) => {
      const end = below.of(topic, partition)!
      return newestRecords(client.shared, { topic, partition, start, end, count, isolation, signal })
    }),
  )
  const chosen = from?.at === 'newest' ? each.flat() : newestOf(each.flat(), count)
  if (from === undefined && wish.follow) notes.push(...waitingNotes(chosen.length, limit))
  const froms = new OffsetMap(below)
  for (const { topic, partition, offset } of chosen)
    froms.set(OffsetMap.keyOf(topic, partition), Math.min(offset, froms.of(topic, partition)!))
  return froms
}

/** Somebody who sees nothing happen is to know what is waited for. */
function waitingNotes(found: number, limit: number | undefined): string[] {
  if (limit !== undefined && found < limit)
    return [`There are ${found} records by now: waiting for ${limit - found} more`]
  return found === 0 ? ['There are no records by now: waiting for some'] : []
}

/** Of several partitions: those with the greatest timestamps. */
const newestOf = (records: readonly Placed[], count: number): Placed[] =>
  records.toSorted((a, b) => a.timestampMs - b.timestampMs || a.offset - b.offset).slice(-count)
