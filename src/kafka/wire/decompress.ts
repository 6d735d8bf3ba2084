import { PayflowError, messageOf } from '../../errors.ts'
import { OutputTooLarge } from './codec.ts'
import type { RecordBatch } from './record-batch.ts'
import { unreadable, type Place } from './unreadable.ts'
import { codecOf } from './codecs.ts'
import { compressions } from '../compression.ts'

/** What one batch may unpack to. Producers fill a batch to 1 MiB at most, before they compress it, by default. */
export const MAX_UNPACKED_BYTES = 128 << 20

/** The batch with its records decompressed. @throws PayflowError that says where and why when they cannot be */
export async function decompressed(batch: RecordBatch, at: Place, limit = MAX_UNPACKED_BYTES): Promise<RecordBatch> {
  if (batch.codec === 0 || batch.count === 0) return batch
  const buffer = await unpack(batch.buffer.subarray(batch.start, batch.end), batch, at, limit)
  return { ...batch, codec: 0, buffer, start: 0, end: buffer.length }
}

async function unpack(bytes: Buffer, batch: RecordBatch, at: Place, limit: number): Promise<Buffer> {
  try {
    const compression = compressions[batch.codec]
    if (compression === undefined || compression === 'none') throw new UnknownCodec()
    return await (await codecOf(compression)).decompress(bytes, limit)
  } catch (error) {
    throw cannotUnpack(batch, at, error, limit)
  }
}

class UnknownCodec extends Error {}

/** Why a batch cannot be read, from what its codec threw. */
export function cannotUnpack(batch: RecordBatch, at: Place, error: unknown, limit = MAX_UNPACKED_BYTES): PayflowError {
  if (error instanceof PayflowError) return error
  const { codec, baseOffset, start, end } = batch
  const name = compressions[codec]
  if (name === undefined || error instanceof UnknownCodec)
    return unreadable('UNSUPPORTED_COMPRESSION', at, baseOffset, `are compressed with codec ${codec}, which payflow cannot read`, 'let their producer use gzip, snappy, lz4 or zstd') // prettier-ignore
  if (error instanceof OutputTooLarge)
    return unreadable('BATCH_TOO_LARGE', at, baseOffset, `unpack (${name}, ${end - start} bytes) to more than ${limit >> 20} MiB, which payflow does not hold in memory`, 'have their producer write them again in smaller batches') // prettier-ignore
  return unreadable('CORRUPT_BATCH', at, baseOffset, `are damaged: they cannot be unpacked (${name}: ${messageOf(error)})`, undefined, error) // prettier-ignore
}
