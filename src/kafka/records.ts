import type { PayflowError } from '../errors.ts'
import type { Compression } from './compression.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** One object that is moved from record to record; what it returned for one record is not changed by moving on. */
export interface RecordCursor {
  /** Moves to the next record; false when there is none. Before the first call there is no current record. */
  next(): boolean
  readonly offset: number
  /** Milliseconds since 1970; -1 when the record has none. */
  readonly timestamp: number
  readonly keyIsNull: boolean
  readonly valueIsNull: boolean
  /** The value's bytes in place: `bytes` from `valueStart` until `valueEnd`, which is smaller when the value is null. */
  readonly bytes: Buffer
  readonly valueStart: number
  readonly valueEnd: number
  keyText(): string | null
  valueText(): string | null
  /** A slice, not a copy: it keeps the whole fetched response in memory. Copy what outlives the set. */
  key(): Buffer | null
  /** A slice, as `key()`; null is a tombstone. */
  value(): Buffer | null
  /** In their order, values being slices as `key()`. */
  headers(): RecordHeader[]
}

/**
 * The visible records of a fetched partition, still bytes: without control records, without aborted transactions when
 * read-committed, and without records before the fetch offset.
 */
export interface RecordSet {
  /** Where to fetch next: after the last complete batch, visible or not; the fetch offset when there was none. */
  readonly nextOffset: number
  /** Visible records; more than there are when a batch begins before the fetch offset. */
  readonly count: number
  /** Bytes of the visible batches' records, decompressed. */
  readonly byteLength: number
  /** Where the first record is missing between the fetch offset and `nextOffset`: the log is, or was, compacted. */
  readonly firstHole: number | undefined
  /** Each of these offsets is a visible record: none is gone, and none belongs to a transaction. */
  readonly isPlain: boolean
  cursor(): RecordCursor
}

export interface FetchArgs {
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolation: 'read_committed' | 'read_uncommitted'
  /** The broker fills its answer in this order: rotate it, so that none starves. */
  readonly partitions: readonly FetchPosition[]
}

export interface FetchPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
  /** Whose offset it is: another topic of that name is not read, if the broker serves that (Kafka 3.1). */
  readonly topicId?: string | undefined
}

export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  /** 0: read. */
  readonly errorCode: number
  /** -1, as the offsets after it, when there is an error. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly records: RecordSet
  /** Why the records from the fetch offset on cannot be read; then there are none. */
  readonly unreadable?: PayflowError
}

export interface Header {
  readonly key: string
  readonly value: Buffer | string | null
}

/** Records of one partition on their way out. A null value is a tombstone; text is UTF-8. */
export interface Records {
  readonly count: number
  /** Bytes the records take in a record batch, at most. */
  readonly byteLength: number
  append(key: Buffer | string | null, value: Buffer | string | null, headers?: readonly Header[]): void
  /** Forgets the records, not the memory. */
  clear(): void
}

/** The records of one partition; at least one. They stay untouched until the request is answered. */
export interface PartitionBatch {
  readonly topic: string
  readonly partition: number
  readonly records: Records
  readonly baseSequence: number
  /** The records' own time in ms; absent: now, when the request is encoded. */
  readonly timestampMs?: number
  /** For this batch alone, whatever that of the request is. */
  readonly compression?: Compression | undefined
}

export interface ProduceArgs {
  readonly transactionalId: string | null
  readonly producerId: bigint | string | number
  readonly producerEpoch: number
  /** All in-sync replicas: the only one that goes with exactly once. */
  readonly acks: -1
  readonly timeoutMs: number
  /** The leaders take the partitions into the transaction; otherwise the coordinator has been told of them. */
  readonly enlists?: boolean
  /** Of the batches that do not have one of their own; none when it is absent. A batch that would not become smaller stays as it is. */
  readonly compression?: Compression
  readonly batches: readonly PartitionBatch[]
}

export interface ProduceResult {
  readonly topic: string
  readonly partition: number
  /** 0: written. */
  readonly errorCode: number
  readonly baseOffset: number
}
