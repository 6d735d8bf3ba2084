import { compress, uncompress } from 'snappy'
import { ByteReader } from './byte-reader.ts'
import { OutputTooLarge, type Codec } from './codec.ts'

/** What snappy-java (Kafka's Java clients and brokers) writes before its blocks; then its version and the oldest that can read it. */
const javaMagic = Buffer.from('\u0082SNAPPY\0', 'latin1')
const JAVA_HEADER_BYTES = 16

export const snappy: Codec = {
  // One raw block, as librdkafka writes it.
  compress: (bytes) => compress(bytes),
  async decompress(bytes, limit) {
    const blocks = bytes.subarray(0, javaMagic.length).equals(javaMagic) ? javaBlocks(bytes) : [bytes]
    const size = blocks.reduce((sum, block) => sum + new ByteReader(block).uvarint(), 0)
    if (size > limit) throw new OutputTooLarge()
    const parts = await Promise.all(blocks.map(async (block) => (await uncompress(block)) as Buffer))
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  },
}

/** Each block has its length before it. */
function javaBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let at = JAVA_HEADER_BYTES; at < bytes.length;) {
    const start = at + 4
    at = start + bytes.readInt32BE(at)
    if (at <= start || at > bytes.length) throw new Error('a snappy block is longer than its batch')
    blocks.push(bytes.subarray(start, at))
  }
  return blocks
}
