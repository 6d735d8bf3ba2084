import type { Connection } from '../kafka/connection.ts'
import { OffsetMap, listOffsets, type TopicPartition } from '../kafka/offsets.ts'
import { readPartition } from '../kafka/read.ts'
import { retrying } from '../kafka/retry.ts'
import { parseDuration, parseTimestamp } from '../pipeline/time.ts'

/** A place in a partition, in a user's words: `start`, `end`, `120`, `-10`, `+10`, `@2026-01-01T00:00:00Z`, `@-10m`. */
export type PlaceSpec =
  | { readonly at: 'start' }
  | { readonly at: 'end' }
  | { readonly at: 'offset'; readonly offset: number }
  /** Relative to something that the command names. */
  | { readonly at: 'shift'; readonly by: number }
  | { readonly at: 'time'; readonly timeMs: number }

export const PLACES = 'start, end, an offset, -N, or @TIME (ISO-8601 with a zone, or relative as in @-10m)'

/** Undefined for what is none. `nowMs` is what a relative time counts from. */
export function parsePlace(text: string, nowMs: number): PlaceSpec | undefined {
  if (text === 'start' || text === 'end') return { at: text }
  if (text.startsWith('@')) {
    const timeMs = text.startsWith('@-') ? ago(text.slice(2), nowMs) : parseTimestamp(text.slice(1))
    return timeMs === undefined ? undefined : { at: 'time', timeMs }
  }
  if (!/^[+-]?\d{1,15}$/.test(text)) return undefined
  return /^[+-]/.test(text) ? { at: 'shift', by: Number(text) } : { at: 'offset', offset: Number(text) }
}

function ago(duration: string, nowMs: number): number | undefined {
  const ms = parseDuration(duration)
  return ms === undefined ? undefined : nowMs - ms
}

export type Isolation = 'read_committed' | 'read_uncommitted'

const patience = { timeoutMs: 8_000 }

/** First and end offset of each partition; a read-committed reader's end is the last stable offset. */
export async function boundsOf(
  connection: Connection,
  partitions: readonly TopicPartition[],
  isolation: Isolation,
): Promise<{ starts: OffsetMap; ends: OffsetMap }> {
  const end = isolation === 'read_committed' ? 'stable' : 'latest'
  const [starts, ends] = await retrying(
    () => Promise.all([listOffsets(connection, partitions, 'earliest'), listOffsets(connection, partitions, end)]),
    patience,
  )
  return { starts, ends }
}

/** The first offset of each partition at or after a time; partitions that have none by now are absent. */
export async function offsetsAtTime(
  connection: Connection,
  partitions: readonly TopicPartition[],
  timeMs: number,
): Promise<OffsetMap> {
  const found = await retrying(() => listOffsets(connection, partitions, timeMs), patience)
  return new OffsetMap([...found].filter(([, offset]) => offset >= 0))
}

/** Where reading begins in each partition; `-N` is N records that a reader sees before the end. */
export async function startingPlaces(
  connection: Connection,
  partitions: readonly TopicPartition[],
  place: PlaceSpec,
  isolation: Isolation,
): Promise<OffsetMap> {
  const { starts, ends } = await boundsOf(connection, partitions, isolation)
  const atTime = place.at === 'time' ? await offsetsAtTime(connection, partitions, place.timeMs) : undefined
  const found = new OffsetMap()
  for (const { topic, partition } of partitions) {
    const start = starts.of(topic, partition) ?? 0
    const end = ends.of(topic, partition) ?? start
    const within = (offset: number): number => Math.min(Math.max(offset, start), end)
    found.set(OffsetMap.keyOf(topic, partition), within(await startOf({ topic, partition, start, end })))
  }
  return found

  async function startOf(log: Log): Promise<number> {
    if (place.at === 'start') return log.start
    if (place.at === 'end') return log.end
    if (place.at === 'offset') return place.offset
    if (place.at === 'time') return atTime?.of(log.topic, log.partition) ?? log.end
    return recordsBefore(connection, log, Math.max(0, -place.by), isolation)
  }
}

interface Log extends TopicPartition {
  readonly start: number
  readonly end: number
}

/** The offset from which a reader sees `count` records until the end: commit markers and aborted records take offsets too. */
async function recordsBefore(
  connection: Connection,
  { topic, partition, start, end }: Log,
  count: number,
  isolation: Isolation,
): Promise<number> {
  for (let back = count; count > 0; back *= 4) {
    const from = Math.max(start, end - back)
    const offsets: number[] = []
    for await (const { records } of readPartition(connection, { topic, partition, from, to: end, isolation }))
      for (const cursor = records.cursor(); cursor.next();) {
        if (cursor.offset < end) offsets.push(cursor.offset)
        if (offsets.length > count) offsets.shift()
      }
    if (offsets.length >= count || from === start) return offsets[0] ?? end
  }
  return end
}
