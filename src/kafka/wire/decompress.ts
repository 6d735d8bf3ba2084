import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { PayflowError } from '../../errors.ts'
import type { RecordBatch } from './record-batch.ts'

type Decompress = (bytes: Buffer) => Promise<Buffer>
type WithZstd = typeof zlib & { zstdDecompress?: typeof zlib.gunzip }

const names = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
// Node has zstd since 22.15.
const { zstdDecompress } = zlib as WithZstd
const decompressors = new Map<number, Decompress>([[1, promisify(zlib.gunzip)]])
if (zstdDecompress) decompressors.set(4, promisify(zstdDecompress))

/** The batch with its records decompressed; throws `UNSUPPORTED_COMPRESSION`. */
export async function decompressed(batch: RecordBatch): Promise<RecordBatch> {
  if (batch.codec === 0 || batch.count === 0) return batch
  const decompress = decompressors.get(batch.codec)
  if (!decompress) throw unsupportedCompression(batch)
  const buffer = await decompress(batch.buffer.subarray(batch.start, batch.end))
  return { ...batch, codec: 0, buffer, start: 0, end: buffer.length }
}

export const unsupportedCompression = ({ codec, baseOffset }: RecordBatch): PayflowError =>
  new PayflowError(
    'UNSUPPORTED_COMPRESSION',
    `The records from offset ${baseOffset} are compressed with ${names[codec] ?? `codec ${codec}`}, which payflow cannot read`,
    { kind: 'failed', hint: 'let their producer use gzip or no compression' },
  )
