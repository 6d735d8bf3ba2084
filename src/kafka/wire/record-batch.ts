import { PayflowError } from '../../errors.ts'
import { ByteReader } from './byte-reader.ts'

/** A complete record batch as it lies in the log (message format 2), its records still bytes. */
export interface RecordBatch {
  readonly baseOffset: number
  /** The offset of the batch's last record when it was written; compaction may have taken that record away. */
  readonly lastOffset: number
  /** Records that are there. */
  readonly count: number
  readonly codec: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly producerId: bigint
  readonly firstTimestamp: number
  /** The broker's time of all records of the batch when the topic has `LogAppendTime`; null when each has its own. */
  readonly appendTime: number | null
  /** The records' bytes: `buffer` from `start` until `end`. */
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

const headerBytes = 61
/** Bytes of a batch before what its length field counts. */
const lengthEnd = 12
const magicAt = 16

/** The complete record batches of a record set; a batch cut off at the end is left out. */
export function readRecordBatches(set: Buffer): RecordBatch[] {
  const batches: RecordBatch[] = []
  let at = 0
  while (at + magicAt < set.length) {
    const magic = set.readInt8(at + magicAt)
    if (magic !== 2) throw unreadableFormat(magic, set, at)
    if (at + headerBytes > set.length) break
    const end = at + lengthEnd + set.readInt32BE(at + 8)
    if (end < at + headerBytes)
      throw new PayflowError('CORRUPT_BATCH', 'A record batch has an impossible length', { kind: 'failed' })
    if (end > set.length) break
    batches.push(readHeader(set, at, end))
    at = end
  }
  return batches
}

function readHeader(set: Buffer, at: number, end: number): RecordBatch {
  const reader = new ByteReader(set, at)
  const baseOffset = reader.int64()
  reader.position = at + magicAt + 1 + 4 // the checksum is not checked: TCP has its own, and the broker checked it when it took the batch
  const attributes = reader.int16()
  const lastOffset = baseOffset + reader.int32()
  const firstTimestamp = reader.int64()
  const maxTimestamp = reader.int64()
  const producerId = reader.bigInt64()
  reader.position += 6 // producer epoch, base sequence
  const count = reader.int32()
  return {
    baseOffset,
    lastOffset,
    count,
    codec: attributes & 7,
    isTransactional: (attributes & 16) !== 0,
    isControl: (attributes & 32) !== 0,
    producerId,
    firstTimestamp,
    appendTime: (attributes & 8) === 0 ? null : maxTimestamp,
    buffer: set,
    start: reader.position,
    end,
  }
}

const unreadableFormat = (magic: number, set: Buffer, at: number): PayflowError =>
  new PayflowError(
    'MESSAGE_FORMAT',
    `The record at offset ${new ByteReader(set, at).int64()} is stored in message format ${magic}; payflow reads format 2 (Kafka 0.11 and later)`,
    { kind: 'failed', hint: 'copy the topic with a client of Kafka 0.11 or later' },
  )
