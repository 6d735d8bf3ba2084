import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError } from '../errors.ts'
import { PartitionError, asPayflowError, classify, codeOf } from './errors.ts'
import type { Connection } from './connection.ts'
import { fetch } from './fetch.ts'
import type { FetchedPartition, RecordCursor, RecordHeader } from './records.ts'
import { byLeader } from './partitions.ts'

/** One record with where it lies. Its bytes are slices of what was fetched: copy what is kept for long. */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** ms since 1970; -1 when the record has none. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

export interface LogSpan {
  readonly topic: string
  readonly partition: number
  readonly from: number
  /** A position, not a record: what lies below it is read. Infinity follows what comes. */
  readonly to: number
}

export interface MergedReadOptions {
  readonly isolation?: 'read_committed' | 'read_uncommitted'
  /** A partition ends before its first record of this time, in ms, or when the clock has passed it and nothing is left. */
  readonly untilMs?: number
  /** Aborted, the generator ends without an error. */
  readonly signal?: AbortSignal
  /** How long failing brokers are asked again, in ms. */
  readonly patienceMs?: number
}

const WAIT_MS = 250
const BYTES_PER_PARTITION = 1 << 20
const RETRY_MS = 100
const OFFSET_OUT_OF_RANGE = 1

/** Records of several partitions, without a consumer group: each partition in its order, and among them by timestamp as far as they are fetched. */
export async function* readMerged(
  connection: Connection,
  spans: readonly LogSpan[],
  options: MergedReadOptions = {},
): AsyncGenerator<LogRecord> {
  const { signal, patienceMs = 30_000 } = options
  const logs = spans.map((span) => new Log(span, options))
  let failingSince: number | undefined
  while (!signal?.aborted) {
    const next = earliest(logs)
    const waiting = logs.filter((log) => !log.head && !log.finished)
    const behind = waiting.filter((log) => !log.drained)
    if (next && behind.length === 0) {
      yield next.take()
      continue
    }
    if (waiting.length === 0) return
    try {
      await fetchInto(connection, next ? behind : waiting, next ? 0 : WAIT_MS, options)
      failingSince = undefined
    } catch (error) {
      await connection.forget(error)
      failingSince ??= performance.now()
      if (classify(error) !== 'retriable' || performance.now() - failingSince > patienceMs) throw failed(error)
      await sleep(RETRY_MS, undefined, signal ? { signal } : {}).catch(() => undefined)
    }
  }
}

/** One partition: its fetched records and the one at its head. */
class Log {
  readonly topic: string
  readonly partition: number
  head: LogRecord | undefined
  finished: boolean
  position: number
  readonly #to: number
  readonly #untilMs: number
  readonly #committed: boolean
  #end = Infinity
  #cursor: RecordCursor | undefined

  constructor({ topic, partition, from, to }: LogSpan, { untilMs = Infinity, isolation }: MergedReadOptions) {
    this.topic = topic
    this.partition = partition
    this.position = from
    this.finished = from >= to
    this.#to = to
    this.#untilMs = untilMs
    this.#committed = isolation !== 'read_uncommitted'
  }

  /** All that was there at the last answer has been fetched. */
  get drained(): boolean {
    return this.position >= this.#end
  }

  deliver({ records, lastStableOffset, highWatermark }: FetchedPartition, askedAtMs: number): void {
    this.#end = this.#committed ? lastStableOffset : highWatermark
    this.position = records.nextOffset
    this.#cursor = records.cursor()
    this.#advance()
    if (this.head) return
    if (this.position >= this.#to || (this.drained && askedAtMs >= this.#untilMs)) this.finished = true
  }

  take(): LogRecord {
    const taken = this.head!
    this.#advance()
    if (!this.head && this.position >= this.#to) this.finished = true
    return taken
  }

  #advance(): void {
    const cursor = this.#cursor
    this.head = undefined
    if (!cursor?.next()) this.#cursor = undefined
    else if (cursor.offset >= this.#to || cursor.timestamp >= this.#untilMs) this.finished = true
    else this.head = this.#recordAt(cursor)
  }

  #recordAt(cursor: RecordCursor): LogRecord {
    return {
      topic: this.topic,
      partition: this.partition,
      offset: cursor.offset,
      timestampMs: cursor.timestamp,
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    }
  }
}

function earliest(logs: readonly Log[]): Log | undefined {
  let found: Log | undefined
  for (const log of logs) if (log.head && (!found || log.head.timestampMs < found.head!.timestampMs)) found = log
  return found
}

/** One fetch request a broker. All of them are waited for: one that answers late must not answer into the next round. */
async function fetchInto(
  connection: Connection,
  logs: readonly Log[],
  maxWaitMs: number,
  { isolation = 'read_committed' }: MergedReadOptions,
): Promise<void> {
  const leaders = await byLeader(connection, logs)
  const askedAtMs = Date.now()
  const asked = await Promise.allSettled(
    [...leaders].map(async ([broker, mine]) => {
      const partitions = mine.map(({ topic, partition, position }) => ({
        ...{ topic, partition, offset: position, maxBytes: BYTES_PER_PARTITION },
      }))
      const maxBytes = BYTES_PER_PARTITION * 8
      for (const fetched of await fetch(connection, broker, {
        maxWaitMs,
        minBytes: 1,
        maxBytes,
        isolation,
        partitions,
      })) {
        const { topic, partition, errorCode, unreadable } = fetched
        if (errorCode !== 0) throw new PartitionError('Fetch', topic, partition, errorCode)
        if (unreadable) throw unreadable
        mine.find((log) => log.topic === topic && log.partition === partition)?.deliver(fetched, askedAtMs)
      }
    }),
  )
  for (const result of asked) if (result.status === 'rejected') throw result.reason
}

function failed(error: unknown): PayflowError {
  if (codeOf(error) !== OFFSET_OUT_OF_RANGE) return asPayflowError(error)
  return new PayflowError('OFFSET_OUT_OF_RANGE', 'What was to be read next is gone: deleted by retention, or the topic was re-created', {
    kind: 'failed',
    hint: 'run it again',
    cause: error,
  }) // prettier-ignore
}
