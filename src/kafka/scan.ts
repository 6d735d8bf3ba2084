import type { Connection } from './connection.ts'
import { NoLeader, PartitionError } from './errors.ts'
import { fetch } from './fetch.ts'
import { OffsetMap } from './offsets.ts'
import { byLeader, type TopicPartition } from './partitions.ts'
import type { FetchArgs, FetchedPartition, RecordCursor } from './records.ts'

export interface ScanSpan extends TopicPartition {
  readonly from: number
  /** A position, not a record: what lies below it is read. Infinity follows what comes. */
  readonly to: number
  /** Whose offsets these are: another topic of that name is not read. */
  readonly topicId?: string | undefined
}

export interface ScanOptions {
  readonly isolation: FetchArgs['isolation']
  /** A partition ends before its first record of this time, in ms, or when the clock has passed it and nothing is left. */
  readonly untilMs?: number | undefined
}

/** Returns false when nothing more is wanted, `pause` to end the round. The cursor is valid until then: what is kept must be copied. */
export type Visit = (at: TopicPartition, cursor: RecordCursor) => boolean | 'pause'

/** `more`: go on. `enough`: the visitor wants no more. `done`: every partition is read to its end. */
export type Round = 'more' | 'enough' | 'done'

const WAIT_MS = 250
/** For what is there, as far as it is known: only an answer without records takes as long. */
const HASTE_MS = 20
const BYTES_PER_PARTITION = 2 << 20
const BYTES_AT_ONCE = 16 << 20
const OFFSET_OUT_OF_RANGE = 1

/**
 * Reads many partitions at once, without a consumer group and without an object for each record: the visitor looks at the fetched bytes.
 * Each partition comes in its own order, and among them the record with the smallest timestamp first, as far as all of them are fetched.
 */
export class Scan {
  readonly #connection: Connection
  readonly #options: ScanOptions
  #logs: Log[] = []

  constructor(connection: Connection, spans: readonly ScanSpan[], options: ScanOptions) {
    this.#connection = connection
    this.#options = options
    for (const span of spans) this.put(span)
  }

  /** Where each partition is read next. */
  get positions(): OffsetMap {
    return new OffsetMap(this.#logs.map(({ span }) => [OffsetMap.keyOf(span.topic, span.partition), span.from]))
  }

  /** Adds a partition, or moves one. */
  put(span: ScanSpan): void {
    const log = new Log(span, this.#options)
    const known = this.#logs.findIndex(({ topic, partition }) => topic === span.topic && partition === span.partition)
    if (known < 0) this.#logs.push(log)
    else this.#logs[known] = log
  }

  /** Reads a topic no more. Returns what was left of it. */
  drop(topic: string): ScanSpan[] {
    const dropped = this.#logs.filter((log) => log.topic === topic)
    this.#logs = this.#logs.filter((log) => log.topic !== topic)
    return dropped.map(({ span }) => span)
  }

  /**
   * Fetches once, and visits what may be visited then. `outOfRange` gets the partitions whose position is not in the log: they are to be moved.
   * A partition that cannot be read for the time being keeps none of the others. @throws what a broker answered, after which it may be tried again
   */
  async round(visit: Visit, outOfRange: (at: ScanSpan) => void): Promise<Round> {
    const before = this.#visitAll(visit)
    if (before !== 'out') return before
    const open = this.#logs.filter((log) => !log.finished)
    if (open.length === 0) return 'done'
    const waiting = open.filter((log) => !log.ready)
    // while others have records at hand, nobody waits for what may come
    const behind = waiting.filter((log) => !log.drained)
    const wanted = waiting.length < open.length ? behind : waiting
    const failure = await this.#fetch(wanted, behind.length > 0 ? HASTE_MS : WAIT_MS, outOfRange)
    if (this.#visitAll(visit) === 'enough') return 'enough'
    if (failure) throw failure.reason
    return this.#logs.every((log) => log.finished) ? 'done' : 'more'
  }

  /** `out`: there is nothing more to visit before the next fetch. */
  #visitAll(visit: Visit): 'enough' | 'more' | 'out' {
    for (;;) {
      let first: Log | undefined
      let second = Infinity
      for (const log of this.#logs) {
        if (log.finished) continue
        if (!log.ready) {
          if (!log.drained && !log.failing) return 'out'
        } else if (!first) first = log
        else if (log.timestamp < first.timestamp) {
          second = first.timestamp
          first = log
        } else if (log.timestamp < second) second = log.timestamp
      }
      if (!first) return 'out'
      for (let goesOn = true; goesOn;) {
        const wish = visit(first, first.cursor!)
        if (wish === false) return 'enough'
        goesOn = first.advance() && first.timestamp < second
        if (wish === 'pause') return 'more'
      }
    }
  }

  /** Returns what kept partitions from being read. */
  async #fetch(
    logs: readonly Log[],
    maxWaitMs: number,
    outOfRange: (at: ScanSpan) => void,
  ): Promise<{ readonly reason: unknown } | undefined> {
    const { isolation } = this.#options
    const askedAtMs = Date.now()
    let failure: { readonly reason: unknown } | undefined
    const failed = (reason: unknown, log: Log): void => {
      failure ??= { reason }
      log.failing = true
    }
    const leaders = await byLeader(this.#connection, logs, (error, log) => {
      if (!(error instanceof NoLeader)) throw error
      failed(error, log)
    })
    // all of them are waited for: one that answers late must not answer into the next round
    const asked = await Promise.allSettled(
      [...leaders].map(async ([broker, mine]) => {
        const partitions = mine.map(({ topic, topicId, partition, position }) => {
          return { topic, topicId, partition, offset: position, maxBytes: BYTES_PER_PARTITION }
        })
        const answers = await fetch(this.#connection, broker, {
          ...{ maxWaitMs, minBytes: 1, maxBytes: BYTES_AT_ONCE, isolation, partitions },
        })
        for (const answer of answers) {
          const log = mine.find(({ topic, partition }) => topic === answer.topic && partition === answer.partition)
          if (!log) continue
          if (answer.errorCode === OFFSET_OUT_OF_RANGE) outOfRange(log.span)
          else if (answer.errorCode !== 0)
            failed(new PartitionError('Fetch', log.topic, log.partition, answer.errorCode), log)
          else log.deliver(answer, askedAtMs)
        }
      }),
    )
    for (const result of asked) if (result.status === 'rejected') failure ??= { reason: result.reason }
    return failure
  }
}

/** One partition: what is fetched of it, and the record at its head. */
class Log {
  readonly topic: string
  readonly topicId: string | undefined
  readonly partition: number
  position: number
  finished: boolean
  /** It could not be read when it was asked for last. */
  failing = false
  /** The record that is next, if there is one at hand. */
  cursor: RecordCursor | undefined
  readonly #to: number
  readonly #untilMs: number
  readonly #committed: boolean
  #end = Infinity

  constructor({ topic, topicId, partition, from, to }: ScanSpan, { isolation, untilMs = Infinity }: ScanOptions) {
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
    this.position = from
    this.finished = from >= to
    this.#to = to
    this.#untilMs = untilMs
    this.#committed = isolation === 'read_committed'
  }

  /** What is left to visit. */
  get span(): ScanSpan {
    return {
      topic: this.topic,
      topicId: this.topicId,
      partition: this.partition,
      from: this.cursor?.offset ?? this.position,
      to: this.#to,
    }
  }

  get ready(): boolean {
    return this.cursor !== undefined
  }

  get timestamp(): number {
    return this.cursor?.timestamp ?? Infinity
  }

  /** All that was there at the last answer has been fetched. */
  get drained(): boolean {
    return this.position >= this.#end
  }

  /** @throws PayflowError for records that cannot be read */
  deliver({ unreadable, records, lastStableOffset, highWatermark }: FetchedPartition, askedAtMs: number): void {
    this.failing = false
    if (unreadable) throw unreadable
    this.#end = this.#committed ? lastStableOffset : highWatermark
    this.position = records.nextOffset
    this.cursor = records.cursor()
    if (!this.advance() && !this.finished && this.drained && askedAtMs >= this.#untilMs) this.finished = true
  }

  /** Moves to the next record at hand; false when there is none. */
  advance(): boolean {
    const cursor = this.cursor!
    if (!cursor.next()) {
      this.cursor = undefined
      if (this.position >= this.#to) this.finished = true
      return false
    }
    if (cursor.offset < this.#to && cursor.timestamp < this.#untilMs) return true
    this.finished = true
    this.cursor = undefined
    return false
  }
}
