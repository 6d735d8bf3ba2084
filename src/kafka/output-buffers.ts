import { constants, gzipSync } from 'node:zlib'
import { TopicLimits } from './topic-limits.ts'
import type { RecordCodec } from './codec.ts'
import { createRecordBuffer } from './wire/records.ts'
import type { Compression } from './compression.ts'
import { RecordBuffer } from './wire/record-buffer.ts'
import type { Header, Records } from './records.ts'

export interface PartitionRecords {
  readonly topic: string
  readonly partition: number
  readonly records: Records
  /** The records' own time in ms; absent: now, when they are sent. */
  readonly timestampMs?: number
  /** How this batch must be compressed, whatever the producer's way is. */
  readonly compression?: Compression | undefined
}

/** So that a request to many partitions stays small, whatever they would take. */
const CHUNK_BYTES = 1_000_000
const SPARE_BUFFERS = 64

interface Chunks {
  /** What the topic took when the first of its records was appended. */
  readonly most: number
  /** Bytes of records that one batch may hold. */
  readonly limit: number
  readonly partitions: Records[][]
}

/** Records to be written, encoded as they come: one buffer a partition, a further one where a broker would refuse the size. */
export class OutputBuffers {
  readonly #limits: TopicLimits
  readonly #codec: RecordCodec
  readonly #chunks = new Map<string, Chunks>()
  readonly #packed = new Set<Records>()
  readonly #spare: Records[] = []
  #count = 0
  #bytes = 0

  constructor(limits = new TopicLimits(), codec: RecordCodec = 'payflow') {
    this.#limits = limits
    this.#codec = codec
  }

  /** Records appended since the last `clear`. */
  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#bytes
  }

  /** Bytes of records that one batch may hold. */
  limitOf(topic: string): number {
    return this.#limits.of(topic)
  }

  /** False when one record is too large for its topic, whatever else is in the batch. */
  fits(
    topic: string,
    key: Buffer | string | null,
    value: Buffer | string | null,
    headers?: readonly Header[],
  ): boolean {
    // At most 3 bytes a UTF-16 unit, so that most records need no exact look, not even at their topic.
    const most = RecordBuffer.sizeOf(key, value, headers)
    if (most <= this.#limits.least) return true
    const limit = this.#limits.of(topic)
    if (most <= limit) return true
    return RecordBuffer.sizeOf(null, null, headers) + byteLengthOf(key) + byteLengthOf(value) <= limit
  }

  /** True when it fits into a batch of its own that is compressed (`appendPacked`). */
  fitsPacked(topic: string, key: Buffer | string | null, value: Buffer | null, headers: readonly Header[]): boolean {
    const alone = new RecordBuffer()
    alone.append(key, value, headers)
    return gzipSync(alone.bytes, { level: constants.Z_BEST_SPEED }).length <= this.#limits.of(topic)
  }

  /** What would be left for key and value of a record with these headers; less than 0: not even they fit. */
  roomBeside(topic: string, headers: readonly Header[]): number {
    return this.#limits.of(topic) - RecordBuffer.sizeOf(null, null, headers)
  }

  append(
    topic: string,
    partition: number,
    key: Buffer | string | null,
    value: Buffer | string | null,
    headers?: readonly Header[],
  ): void {
    const { limit, partitions } = this.#chunksOf(topic)
    const chunks = (partitions[partition] ??= [])
    let last = chunks[chunks.length - 1]
    const isFull =
      !last ||
      (last.count > 0 && last.byteLength + RecordBuffer.sizeOf(key, value, headers) > limit) ||
      (this.#packed.size > 0 && this.#packed.has(last))
    if (isFull || !last) chunks.push((last = this.#fresh()))
    this.#appendTo(last, key, value, headers)
  }

  /** As `append`, in a batch of its own that is sent compressed (gzip), whatever the producer's way is. */
  appendPacked(
    topic: string,
    partition: number,
    key: Buffer | string | null,
    value: Buffer | string | null,
    headers?: readonly Header[],
  ): void {
    const alone = this.#fresh()
    this.#packed.add(alone)
    ;(this.#chunksOf(topic).partitions[partition] ??= []).push(alone)
    this.#appendTo(alone, key, value, headers)
  }

  /** What its batches were made for: the limit may have been learnt meanwhile. */
  limitUsed(topic: string): number {
    return this.#chunks.get(topic)?.most ?? this.#limits.of(topic)
  }

  #chunksOf(topic: string): Chunks {
    let chunks = this.#chunks.get(topic)
    if (chunks) return chunks
    const most = this.#limits.of(topic)
    chunks = { most, limit: Math.min(most, CHUNK_BYTES), partitions: [] }
    this.#chunks.set(topic, chunks)
    return chunks
  }

  #fresh(): Records {
    return this.#spare.pop() ?? createRecordBuffer(this.#codec)
  }

  #appendTo(
    records: Records,
    key: Buffer | string | null,
    value: Buffer | string | null,
    headers?: readonly Header[],
  ): void {
    const before = records.byteLength
    records.append(key, value, headers)
    this.#bytes += records.byteLength - before
    this.#count++
  }

  /** What is to be sent: a partition's batches in their order. */
  batches(): PartitionRecords[] {
    const batches: PartitionRecords[] = []
    for (const [topic, { partitions }] of this.#chunks)
      partitions.forEach((chunks, partition) => {
        for (const records of chunks)
          if (records.count > 0)
            batches.push({ topic, partition, records, compression: this.#packed.has(records) ? 'gzip' : undefined })
      })
    return batches
  }

  /** What to send, one request after the other. */
  rounds(): PartitionRecords[][] {
    return inRounds(this.batches())
  }

  /** Forgets all records, keeping the memory for the next ones. */
  clear(): void {
    for (const { partitions } of this.#chunks.values())
      for (const chunks of partitions)
        for (const records of (chunks as Records[] | undefined) ?? []) {
          records.clear()
          if (this.#spare.length < SPARE_BUFFERS) this.#spare.push(records)
        }
    this.#chunks.clear()
    this.#packed.clear()
    this.#count = 0
    this.#bytes = 0
  }
}

/** Of each partition the first batch, then of each the second: none stands twice in one request. */
export function inRounds<Batch extends PartitionRecords>(batches: Iterable<Batch>): Batch[][] {
  const rounds: Batch[][] = []
  const seen = new Map<string, number>()
  for (const batch of batches) {
    const key = `${batch.topic}/${batch.partition}`
    const round = seen.get(key) ?? 0
    ;(rounds[round] ??= []).push(batch)
    seen.set(key, round + 1)
  }
  return rounds
}

const byteLengthOf = (field: Buffer | string | null): number => (field === null ? 0 : Buffer.byteLength(field))
