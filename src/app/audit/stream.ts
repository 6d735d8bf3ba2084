import type { Connection } from '../../kafka/connection.ts'
import { readPartition } from '../../kafka/read.ts'
import type { FetchedPartition } from '../../kafka/wire/fetch.ts'
import type { RecordCursor } from '../../kafka/wire/record-set.ts'
import type { Span } from './cut.ts'

const CHUNK_BYTES = 1 << 20

/** A partition from its beginning to an offset, read-committed, a chunk at a time; the next chunk is fetched meanwhile. */
export class Stream {
  readonly span: Span
  readonly #chunks: AsyncGenerator<FetchedPartition>
  #next: Promise<IteratorResult<FetchedPartition>> | undefined
  #position = 0

  constructor(connection: Connection, span: Span, signal: AbortSignal) {
    this.span = span
    const { topic, partition, to } = span
    this.#chunks = readPartition(connection, { topic, partition, from: 0, to, maxBytes: CHUNK_BYTES, signal })
  }

  get done(): boolean {
    return this.#position >= this.span.to
  }

  /** The part that is read, 0..1. */
  get progress(): number {
    return this.done ? 1 : this.#position / this.span.to
  }

  /** Hands the next records to `take`, one after the other. Returns how many offsets that were. */
  async read(take: (record: RecordCursor) => void): Promise<number> {
    const chunk = await (this.#next ?? this.#fetch())
    this.#next = undefined
    const { to } = this.span
    const from = this.#position
    if (chunk.done) {
      this.#position = to
      return to - from
    }
    const { records } = chunk.value
    this.#position = Math.min(to, records.nextOffset)
    if (!this.done) this.#next = this.#fetch()
    for (const cursor = records.cursor(); cursor.next() && cursor.offset < to;) take(cursor)
    return this.#position - from
  }

  /** A failure waits for whoever reads next. */
  #fetch(): Promise<IteratorResult<FetchedPartition>> {
    const next = this.#chunks.next()
    next.catch(() => undefined)
    return next
  }
}
