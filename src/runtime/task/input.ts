import type { Source } from './fetcher.ts'
import { RecordView, type Aliases, type InputRecord } from './input-record.ts'
import type { FetchedPartition, RecordCursor } from '../../kafka/records.ts'

const QUEUED_SETS = 2

/**
 * One partition that a task reads under one epoch: what is fetched and not yet processed, and the record at its head. It begins at `offset`
 * and goes with its epoch; nothing of it is used again.
 *
 * Its offsets, none of which ever goes back, and who moves them:
 * - `position`, the next one to fetch: the fetcher, with `deliver`
 * - `processed`, the one to commit: the epoch, with `peek` and `take`
 * - `committed`, the one that the group has: the transaction, with `commit`, once it has ended
 */
export class Input implements Source {
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  readonly #view: RecordView
  readonly #onData: () => void
  readonly #onFailure: (error: Error, at: Input) => void
  readonly #queue: FetchedPartition[] = []
  #position: number
  #processed: number
  #committed: number
  #taken = 0
  #stableEnd: number | undefined
  #highWatermark: number | undefined
  #heardAt = performance.now()
  #cursor: RecordCursor | undefined
  #head: InputRecord | undefined
  #failure: Error | undefined

  constructor(options: {
    topic: string
    partition: number
    topicId: string | undefined
    isInbox: boolean
    /** Where to begin. */
    offset: number
    /** The group's offset, which may be another one. */
    committed: number
    aliases: Aliases
    /** How far an event may lie ahead of its record, in ms. */
    maxAheadMs: number
    /** Called when a broker has answered. */
    onData: () => void
    /** Called when the position cannot be read any more. */
    onFailure: (error: Error, at: Input) => void
  }) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.#view = new RecordView(options, options.aliases, options.maxAheadMs)
    this.#position = this.#processed = options.offset
    this.#committed = options.committed
    this.#onData = options.onData
    this.#onFailure = options.onFailure
  }

  /** The next offset to fetch. */
  get position(): number {
    return this.#position
  }

  /** Everything below is processed: the offset to commit. */
  get processed(): number {
    return this.#processed
  }

  /** The offset that the group has, by our last commit or from the start. */
  get committed(): number {
    return this.#committed
  }

  /** Records taken since the last call. */
  takeCount(): number {
    const taken = this.#taken
    this.#taken = 0
    return taken
  }

  /** When the record at the head was written, in ms since 1970; undefined while there is none, and for one without a time. */
  get headTimestamp(): number | undefined {
    return this.#head && this.#cursor!.timestamp >= 0 ? this.#cursor!.timestamp : undefined
  }

  /** The last stable offset as last heard; undefined before the first answer. */
  get stableEnd(): number | undefined {
    return this.#stableEnd
  }

  /** The high watermark as last heard: between the last stable offset and it lies what open transactions hold back. */
  get highWatermark(): number | undefined {
    return this.#highWatermark
  }

  /** ms since a broker last answered for it. */
  get silentMs(): number {
    return performance.now() - this.#heardAt
  }

  get isBehind(): boolean {
    return this.#stableEnd === undefined || this.#position < this.#stableEnd
  }

  /** All that was there at the last answer is processed. */
  get drained(): boolean {
    return this.#queue.length === 0 && !this.isBehind
  }

  wants(): boolean {
    return this.#queue.length < QUEUED_SETS && !this.#failure
  }

  deliver(fetched: FetchedPartition): void {
    this.#stableEnd = fetched.lastStableOffset
    this.#highWatermark = fetched.highWatermark
    this.#heardAt = performance.now()
    const { nextOffset } = fetched.records
    if (nextOffset > this.#position) {
      this.#position = nextOffset
      this.#queue.push(fetched)
    }
    this.#onData()
  }

  /** What was fetched before is processed first. */
  fail(error: Error): void {
    this.#failure = error
    if (this.#queue.length === 0) this.#onFailure(error, this)
  }

  /** The next record, without taking it; undefined when nothing is fetched. */
  peek(): InputRecord | undefined {
    if (this.#head) return this.#head
    while (this.#queue.length > 0) {
      this.#cursor ??= this.#queue[0]!.records.cursor()
      if (this.#cursor.next()) return (this.#head = this.#view.read(this.#cursor))
      this.#processed = this.#queue.shift()!.records.nextOffset
      this.#cursor = undefined
      if (this.#failure && this.#queue.length === 0) this.#onFailure(this.#failure, this)
    }
    return undefined
  }

  /** The record at the head is processed: what `peek` returned for it is not valid any more. */
  take(): void {
    this.#processed = this.#cursor!.offset + 1
    this.#taken++
    this.#head = undefined
  }

  /** A transaction has ended that committed everything below `offset`. */
  commit(offset: number): void {
    this.#committed = offset
  }
}
