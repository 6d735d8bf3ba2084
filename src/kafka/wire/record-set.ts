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
