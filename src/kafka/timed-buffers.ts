import { inRounds, type PartitionRecords } from './output-buffers.ts'
import type { TopicPartition } from './partitions.ts'
import type { RecordHeader } from './records.ts'
import type { TopicLimits } from './topic-limits.ts'
import { TimedRecords } from './wire/timed-records.ts'

/** A record with a time of its own. */
export interface TimedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
  /** ms since 1970; -1: none. */
  readonly timestampMs: number
}

const CHUNK_BYTES = 1_000_000

/** Records to be written, each with a time of its own: in batches as large as their topics take them. */
export class TimedBuffers {
  readonly #limits: TopicLimits
  #chunks = new Map<string, TopicPartition & { readonly batches: TimedRecords[] }>()
  #count = 0
  #bytes = 0

  constructor(limits: TopicLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#bytes
  }

  /** False when a record is too large for its topic. */
  fits(topic: string, { key, value, headers }: TimedRecord): boolean {
    return TimedRecords.sizeOf(key, value, headers) <= this.#limits.of(topic)
  }

  append({ topic, partition }: TopicPartition, record: TimedRecord): void {
    const { key, value, headers, timestampMs } = record
    const name = `${topic}/${partition}`
    let chunk = this.#chunks.get(name)
    if (!chunk) this.#chunks.set(name, (chunk = { topic, partition, batches: [] }))
    let last = chunk.batches.at(-1)
    const size = TimedRecords.sizeOf(key, value, headers)
    if (!last || (last.byteLength + size > Math.min(this.#limits.of(topic), CHUNK_BYTES) && last.count > 0))
      chunk.batches.push((last = new TimedRecords()))
    const before = last.byteLength
    last.append(key, value, headers, timestampMs)
    this.#bytes += last.byteLength - before
    this.#count++
  }

  /** What to send, one request after the other; it is forgotten here. */
  takeRounds(): PartitionRecords[][] {
    const batches = [...this.#chunks.values()].flatMap(({ topic, partition, batches: each }) =>
      each.map((records): PartitionRecords => ({ topic, partition, records })),
    )
    this.#chunks = new Map()
    this.#count = 0
    this.#bytes = 0
    return inRounds(batches)
  }
}
