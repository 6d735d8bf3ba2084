import { setTimeout as sleep } from 'node:timers/promises'
import { PartitionError, classify, codeOf } from './errors.ts'
import type { Connection } from './connection.ts'
import { fetch } from './fetch.ts'
import { OffsetMap } from './offsets.ts'
import { byLeader } from './partitions.ts'
import { readPartition } from './read.ts'
import type { FetchedPartition, RecordSet } from './records.ts'

export interface Span {
  readonly topic: string
  readonly partition: number
  readonly from: number
  /** Not beyond the last stable offset. */
  readonly to: number
}

const OFFSET_OUT_OF_RANGE = 1
const PATIENCE_MS = 30_000
const MAX_BYTES_PER_PARTITION = 4 << 20

/** Counts what a read-committed reader sees between two offsets, chunk by chunk: commit markers, aborted and compacted records are none. */
export async function* countRecords(
  connection: Connection,
  { topic, partition, from, to }: Span,
): AsyncGenerator<{ records: number; nextOffset: number }> {
  let isFirst = true
  for await (const { records } of readPartition(connection, { topic, partition, from, to })) {
    const { count } = countIn(records, to, isFirst)
    isFirst = false
    yield { records: count, nextOffset: Math.min(records.nextOffset, to) }
  }
}

/** A batch that reaches beyond either end is counted record by record. */
function countIn(records: RecordSet, to: number, isFirst: boolean): { count: number; firstMs: number | undefined } {
  if (!isFirst && records.nextOffset <= to) return { count: records.count, firstMs: undefined }
  let count = 0
  let firstMs: number | undefined
  for (const cursor = records.cursor(); cursor.next();) {
    if (cursor.offset >= to) continue
    if (count++ === 0 && cursor.timestamp >= 0) firstMs = cursor.timestamp
  }
  return { count, firstMs }
}

interface Counting<Of extends Span> {
  readonly span: Of
  next: number
}

/**
 * As `countRecords`, of many spans at once, with one request to each broker at a time: what looks at all partitions every second must not
 * send a request for each. `onCount` is told of each chunk, and of the first when its first record was written, in ms since 1970; several
 * spans may be of one partition.
 */
export async function countSpans<Of extends Span>(
  connection: Connection,
  spans: readonly Of[],
  onCount: (span: Of, counted: { records: number; nextOffset: number; firstMs: number | undefined }) => void,
): Promise<void> {
  let rest: Counting<Of>[] = spans.map((span) => ({ span, next: span.from }))
  let failingSince = 0
  for (;;) {
    rest = rest.filter(({ span, next }) => next < span.to)
    if (rest.length === 0) return
    try {
      for (const [counting, { records }] of await fetchOnce(connection, rest)) {
        const { span, next } = counting
        if (records.nextOffset <= next) continue
        counting.next = records.nextOffset
        const { count, firstMs } = countIn(records, span.to, next === span.from)
        onCount(span, { records: count, nextOffset: Math.min(records.nextOffset, span.to), firstMs })
      }
      failingSince = 0
    } catch (error) {
      await connection.forget(error)
      failingSince ||= performance.now()
      if (classify(error) !== 'retriable' || performance.now() - failingSince > PATIENCE_MS) throw error
      await sleep(100)
    }
  }
}

const LOOK_BYTES = 1 << 10

/** Of each span the time at which its first record was written, in ms since 1970, with one request to each broker. @throws when there is an error of any */
export async function firstTimes<Of extends Span>(
  connection: Connection,
  spans: readonly Of[],
  onTime: (span: Of, firstMs: number) => void,
): Promise<void> {
  if (spans.length === 0) return
  const missing = new Set(spans.map((span) => ({ span, next: span.from })))
  const look = async (all: readonly Counting<Of>[]): Promise<void> => {
    for (const [counting, { records }] of await fetchOnce(connection, all, LOOK_BYTES)) {
      const cursor = records.cursor()
      if (!cursor.next()) continue
      missing.delete(counting)
      if (cursor.offset < counting.span.to && cursor.timestamp >= 0) onTime(counting.span, cursor.timestamp)
    }
  }
  await look([...missing])
  // A broker sends a batch that is larger than was asked for only if it is the first of its answer; and a partition is asked for once.
  await Promise.all([...missing].map((counting) => look([counting])))
}

/** What one request to each broker brings: of each partition for the first that is to be counted there. @throws when there is an error of any */
async function fetchOnce<Of extends Span>(
  connection: Connection,
  all: readonly Counting<Of>[],
  maxBytes = MAX_BYTES_PER_PARTITION,
): Promise<[Counting<Of>, FetchedPartition][]> {
  const first = new Map<string, Counting<Of>>()
  for (const counting of all) {
    const key = OffsetMap.keyOf(counting.span.topic, counting.span.partition)
    if (!first.has(key)) first.set(key, counting)
  }
  const positions = [...first.values()].map(({ span: { topic, partition }, next: offset }) => {
    return { topic, partition, offset, maxBytes }
  })
  const leaders = await byLeader(connection, positions)
  const fetched = await Promise.all(
    [...leaders].map(
      ([broker, partitions]) =>
      fetch(connection, broker, { maxWaitMs: 500, minBytes: 1, maxBytes: 32 << 20, isolation: 'read_committed', partitions }), // prettier-ignore
    ),
  )
  return fetched.flat().map((answer) => {
    if (answer.errorCode !== 0) throw new PartitionError('Fetch', answer.topic, answer.partition, answer.errorCode)
    if (answer.unreadable) throw answer.unreadable
    return [first.get(OffsetMap.keyOf(answer.topic, answer.partition))!, answer]
  })
}

/**
 * Whether the offsets of a partition count its records: nobody writes it in transactions, and nothing is compacted away. Looks at its
 * first batch, one in the middle, and its last one.
 */
export async function offsetsCount(
  connection: Connection,
  { topic, partition, start, end }: { topic: string; partition: number; start: number; end: number },
): Promise<boolean> {
  for (const from of new Set([start, Math.floor((start + end - 1) / 2), end - 1])) {
    const look = { topic, partition, from, to: from + 1, maxBytes: 1, isolation: 'read_uncommitted' } as const
    try {
      for await (const { records } of readPartition(connection, look)) if (!records.isPlain) return false
    } catch (error) {
      if (codeOf(error) === OFFSET_OUT_OF_RANGE) return false // deleted a moment ago
      throw error
    }
  }
  return true
}
