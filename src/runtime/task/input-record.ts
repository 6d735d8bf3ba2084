import { decodeRecord } from '../../pipeline/codec/decode.ts'
import { refusedAsAhead } from '../../pipeline/worker/max-ahead.ts'
import { readOrigin, type Origin } from '../../pipeline/worker/origin-headers.ts'
import type { TopicSpec } from '../../pipeline/events/topics.ts'
import type { RecordCursor, RecordHeader } from '../../kafka/records.ts'

/** Topic name → the definition's input. */
export type Aliases = ReadonlyMap<string, { readonly alias: string; readonly spec: TopicSpec }>

/**
 * One record on its way through a task: what it says, where it lies and its bytes. A view, one for each input: it is valid from
 * `Input.peek()` until that input's `take()`, and its bytes are slices of what was fetched. Copy what outlives that.
 */
export interface InputRecord {
  /** The input's name in the definition; undefined when the record names no input of the worker. */
  readonly alias: string | undefined
  readonly event: unknown
  /** Why the record is bad input; then there is no event. */
  readonly reason: string | undefined
  /** Event time in ms; undefined for bad input, and for events of no time. */
  readonly time: number | undefined
  /** Whether it lies in the worker's inbox. */
  readonly isForwarded: boolean
  value(): Buffer | null
  headers(): RecordHeader[]
  /** Where it was first read, before any inbox. */
  origin(): Origin
}

/** The one record view of an input, moved on by `read`. */
export class RecordView implements InputRecord {
  alias: string | undefined
  event: unknown
  reason: string | undefined
  time: number | undefined
  readonly isForwarded: boolean
  readonly #topic: string
  readonly #partition: number
  readonly #aliases: Aliases
  readonly #own: ReturnType<Aliases['get']>
  readonly #maxAheadMs: number
  #cursor!: RecordCursor

  constructor(at: { topic: string; partition: number; isInbox: boolean }, aliases: Aliases, maxAheadMs: number) {
    this.isForwarded = at.isInbox
    this.#topic = at.topic
    this.#partition = at.partition
    this.#aliases = aliases
    this.#own = aliases.get(at.topic)
    this.#maxAheadMs = maxAheadMs
  }

  /** Moves the view to the record at the cursor. */
  read(cursor: RecordCursor): this {
    this.#cursor = cursor
    this.event = this.reason = this.time = undefined
    if (this.isForwarded) {
      const { topic, timestamp } = this.origin()
      this.#readAs(this.#aliases.get(topic), topic, timestamp)
    } else this.#readAs(this.#own, this.#topic, cursor.timestamp)
    return this
  }

  value(): Buffer | null {
    return this.#cursor.value()
  }

  headers(): RecordHeader[] {
    return this.#cursor.headers()
  }

  origin(): Origin {
    const cursor = this.#cursor
    const own = { timestamp: cursor.timestamp, key: cursor.key() }
    return (
      (this.isForwarded ? readOrigin(cursor.headers(), own) : undefined) ?? {
        ...own,
        topic: this.#topic,
        partition: this.#partition,
        offset: cursor.offset,
        replays: 0,
      }
    )
  }

  #readAs(input: ReturnType<Aliases['get']>, topic: string, writtenMs: number): void {
    this.alias = input?.alias
    if (input) this.#decode(input.spec, this.#cursor, writtenMs)
    else this.reason = `${topic} is not an input of this worker`
  }

  /** Nearly all records are read where they lie; whatever is unusual about the others, `decodeRecord` knows the answer. */
  #decode(spec: TopicSpec, cursor: RecordCursor, writtenMs: number): void {
    let event = spec.shape.scan?.(cursor.bytes, cursor.valueStart, cursor.valueEnd)
    if (event === undefined) {
      const decoded = decodeRecord(spec, cursor.value())
      if ('reason' in decoded) {
        this.reason = decoded.reason
        return
      }
      event = decoded.event
    }
    const time = spec.timeOf?.(event)
    // asked only when it may be so: this is done for each record
    if (time !== undefined && time - writtenMs > this.#maxAheadMs) {
      this.reason = refusedAsAhead(spec, time, writtenMs, this.#maxAheadMs)
      if (this.reason !== undefined) return
    }
    this.event = event
    this.time = time
  }
}
