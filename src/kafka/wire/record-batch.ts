import type { PayflowError } from '../../errors.ts'
import { ByteReader } from './byte-reader.ts'
import { crc32c } from './crc32c.ts'
import { unreadable, type Place } from './unreadable.ts'

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

/** Before a batch's records. */
export const HEADER_BYTES = 61
/** Bytes of a batch before what its length field counts. */
const LENGTH_END = 12
const MAGIC_AT = 16

const CHECKSUM_AT = 17
const CHECKED_AT = 21

/**
 * The complete record batches of a record set; a batch cut off at the end is left out, and so is all that follows one that cannot be read.
 * @throws PayflowError when that is the first one: `MESSAGE_FORMAT` for records older than format 2, `CORRUPT_BATCH` for damaged ones
 */
export function readRecordBatches(set: Buffer, place: Place): RecordBatch[] {
  const batches: RecordBatch[] = []
  try {
    for (let at = 0; at + MAGIC_AT < set.length;) {
      const batch = readBatch(set, at, place)
      if (!batch) break
      batches.push(batch)
      at = batch.end
    }
  } catch (error) {
    if (batches.length === 0) throw error
  }
  return batches
}

/** Undefined for one that is cut off. */
function readBatch(set: Buffer, at: number, place: Place): RecordBatch | undefined {
  const magic = set.readInt8(at + MAGIC_AT)
  if (magic === 0 || magic === 1) throw unreadableFormat(magic, set, at, place)
  if (magic !== 2) throw damaged(set, at, place, `their message format would be ${magic}`)
  if (at + HEADER_BYTES > set.length) return undefined
  const end = at + LENGTH_END + set.readInt32BE(at + 8)
  if (end < at + HEADER_BYTES) throw damaged(set, at, place, 'the length of their batch is impossible')
  if (end > set.length) return undefined
  // The broker checked it when it took the batch; what its disk has done to it since, it does not look at.
  if (crc32c(set, at + CHECKED_AT, end) !== set.readUInt32BE(at + CHECKSUM_AT))
    throw damaged(set, at, place, 'their checksum is not that of their bytes')
  return readHeader(set, at, end)
}

function readHeader(set: Buffer, at: number, end: number): RecordBatch {
  const reader = new ByteReader(set, at)
  const baseOffset = reader.int64()
  reader.position = at + CHECKED_AT
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

const offsetAt = (set: Buffer, at: number): number => new ByteReader(set, at).int64()

const damaged = (set: Buffer, at: number, place: Place, why: string): PayflowError =>
  unreadable('CORRUPT_BATCH', place, offsetAt(set, at), `are damaged on the broker's disk: ${why}`)

const unreadableFormat = (magic: number, set: Buffer, at: number, place: Place): PayflowError =>
  unreadable(
    'MESSAGE_FORMAT',
    place,
    offsetAt(set, at),
    `are stored in message format ${magic}; payflow reads format 2 (Kafka 0.11 and later)`,
    'copy the topic with a client of Kafka 0.11 or later',
  )
