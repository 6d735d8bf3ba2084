import type { FetchedPartition } from '../../kafka/wire/fetch.ts'
import type { RecordCursor } from '../../kafka/wire/record-set.ts'
import { decodeRecord } from '../../pipeline/codec/decode.ts'
import type { TopicSpec } from '../../pipeline/events/topics.ts'
import type { Source } from './fetcher.ts'
import { originOf, type Origin } from './origin.ts'

const QUEUED_SETS = 2

export interface InputRecord {
  /** The input's name in the definition; undefined when the record names no input of the worker. */
  readonly alias: string | undefined
  readonly event: unknown
  /** Why the record is bad input; then there is no event. */
  readonly reason: string | undefined
  /** Event time in ms; undefined for bad input, and for events of no time. */
  readonly time: number | undefined
}

/** Topic name → the definition's input. */
export type Aliases = ReadonlyMap<string, { readonly alias: string; readonly spec: TopicSpec }>

/** One partition that a task reads: what is fetched and not yet processed, and the record at its head. */
export class Input implements Source {
  readonly topic: string
  readonly partition: number
  readonly isInbox: boolean
  readonly #aliases: Aliases
  readonly #onData: () => void
  readonly #onFailure: (error: Error) => void
  readonly #queue: FetchedPartition[] = []
  /** The offset that the group has, by our last commit or from the start. */
  committed = 0
  #position = 0
  #processed = 0
  #stableEnd: number | undefined
  #heardAt = performance.now()
  #cursor: RecordCursor | undefined
  #head: InputRecord | undefined

  constructor(options: {
    topic: string
    partition: number
    isInbox: boolean
    aliases: Aliases
    onData: () => void
    onFailure: (error: Error) => void
  }) {
    this.topic = options.topic
    this.partition = options.partition
    this.isInbox = options.isInbox
    this.#aliases = options.aliases
    this.#onData = options.onData
    this.#onFailure = options.onFailure
  }

  get position(): number {
    return this.#position
  }

  /** Everything below is processed: the offset to commit. */
  get processed(): number {
    return this.#processed
  }

  /** The last stable offset as last heard; undefined before the first answer. */
  get stableEnd(): number | undefined {
    return this.#stableEnd
  }

  /** ms since a broker last told what is there. */
  get silentMs(): number {
    return performance.now() - this.#heardAt
  }

  /** All that was there at the last answer is processed. */
  get drained(): boolean {
    return this.#queue.length === 0 && this.#stableEnd !== undefined && this.#position >= this.#stableEnd
  }

  get cursor(): RecordCursor {
    return this.#cursor!
  }

  /** `committed` is the group's offset, where that is another one. */
  seek(offset: number, committed = offset): void {
    this.#position = offset
    this.#processed = offset
    this.committed = committed
    this.#queue.length = 0
    this.#cursor = undefined
    this.#head = undefined
    this.#stableEnd = undefined
    this.#heardAt = performance.now()
  }

  wants(): boolean {
    return this.#queue.length < QUEUED_SETS
  }

  deliver(fetched: FetchedPartition): void {
    this.#stableEnd = fetched.lastStableOffset
    this.#heardAt = performance.now()
    const { nextOffset } = fetched.records
    if (nextOffset > this.#position) {
      this.#position = nextOffset
      this.#queue.push(fetched)
    }
    this.#onData()
  }

  fail(error: Error): void {
    this.#onFailure(error)
  }

  /** The next record, without taking it; undefined when nothing is fetched. Its bytes are at `cursor`. */
  peek(): InputRecord | undefined {
    if (this.#head) return this.#head
    while (this.#queue.length > 0) {
      this.#cursor ??= this.#queue[0]!.records.cursor()
      if (this.#cursor.next()) return (this.#head = this.#decode(this.#cursor))
      this.#processed = this.#queue.shift()!.records.nextOffset
      this.#cursor = undefined
    }
    return undefined
  }

  take(): void {
    this.#processed = this.#cursor!.offset + 1
    this.#head = undefined
  }

  /** Where the record at the head came from before any inbox. */
  origin(): Origin {
    return originOf(this.#cursor!, this)
  }

  #decode(cursor: RecordCursor): InputRecord {
    const topic = this.isInbox ? this.origin().topic : this.topic
    const input = this.#aliases.get(topic)
    if (!input)
      return { alias: undefined, event: undefined, reason: `${topic} is no input of this worker`, time: undefined }
    // Nearly all records are read where they lie; whatever is unusual about the others, `decodeRecord` knows the answer.
    let event = input.spec.shape.scan?.(cursor.bytes, cursor.valueStart, cursor.valueEnd)
    if (event === undefined) {
      const decoded = decodeRecord(input.spec, cursor.value())
      if ('reason' in decoded) return { alias: input.alias, event: undefined, reason: decoded.reason, time: undefined }
      event = decoded.event
    }
    return { alias: input.alias, event, reason: undefined, time: input.spec.timeOf?.(event) }
  }
}
