import type { ErrorCode } from '../../error-codes.ts'
import { PayflowError } from '../../errors.ts'
import { codeOf } from '../../kafka/errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { readPartition } from '../../kafka/read.ts'
import type { Span } from './cut.ts'
import type { FetchedPartition, RecordCursor } from '../../kafka/records.ts'

const OFFSET_OUT_OF_RANGE = 1
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

  /**
   * Hands the next records to `take`, one after the other. Returns how many offsets that were.
   * @throws PayflowError when records are gone: what they have led to cannot be recomputed
   */
  async read(take: (record: RecordCursor) => void): Promise<number> {
    const chunk = await (this.#next ?? this.#fetch()).catch((error: unknown) => {
      throw codeOf(error) === OFFSET_OUT_OF_RANGE ? this.#gone('LOG_TRIMMED', 'was cut off while it was read', error) : error // prettier-ignore
    })
    this.#next = undefined
    const { to } = this.span
    const from = this.#position
    if (chunk.done) {
      this.#position = to
      return to - from
    }
    const { records } = chunk.value
    const { firstHole } = records
    if (firstHole !== undefined && firstHole < to)
      throw this.#gone('LOG_COMPACTED', `is compacted: records from offset ${firstHole} on are gone`)
    this.#position = Math.min(to, records.nextOffset)
    if (!this.done) this.#next = this.#fetch()
    for (const cursor = records.cursor(); cursor.next() && cursor.offset < to;) take(cursor)
    return this.#position - from
  }

  #gone(code: ErrorCode, what: string, cause?: unknown): PayflowError {
    const { topic, partition } = this.span
    return new PayflowError(code, `${topic}/${partition} ${what}, so what was made of it cannot be recomputed`, {
      kind: 'failed',
      hint: `audit the workers whose topics are whole, by their names; \`payflow topics configure ${topic} cleanup.policy=delete retention.ms=-1\` keeps what comes from now on`,
      cause,
    })
  }

  /** A failure waits for the next read. */
  #fetch(): Promise<IteratorResult<FetchedPartition>> {
    const next = this.#chunks.next()
    next.catch(() => undefined)
    return next
  }
}
