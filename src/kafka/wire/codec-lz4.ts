import { compressFrame, decompressFrame } from 'lz4-napi'
import { OutputTooLarge, type Codec } from './codec.ts'

/** The frame format, as every Kafka client since message format 2 writes it. */
export const lz4: Codec = {
  compress: (bytes) => compressFrame(bytes),
  decompress(bytes, limit) {
    if (mostBytes(bytes) > limit) return Promise.reject(new OutputTooLarge())
    return decompressFrame(bytes)
  },
}

const MAGIC = 0x184d2204
/** One byte of a block becomes at most this many bytes of output. */
const MOST_RATIO = 255
const STORED = 0x8000_0000

/** An upper bound of what a frame unpacks to (LZ4 Frame Format 1.6): its header need not say, so its blocks are counted. */
function mostBytes(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== MAGIC) throw new Error('this is not an LZ4 frame')
  const flags = bytes[4]!
  const maxBlock = 1 << (8 + 2 * ((bytes[5]! >> 4) & 7))
  const [hasBlockChecksum, hasContentSize, hasDictionary] = [flags & 16, flags & 8, flags & 1]
  let most = 0
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  while (at + 4 <= bytes.length) {
    const field = bytes.readUInt32LE(at)
    if (field === 0) break
    const length = field % STORED
    most += field >= STORED ? length : Math.min(maxBlock, length * MOST_RATIO)
    at += 4 + length + (hasBlockChecksum ? 4 : 0)
  }
  return most
}
