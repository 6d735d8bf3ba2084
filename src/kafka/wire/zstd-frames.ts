const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const dictionaryBytes = [0, 1, 2, 4] as const
const contentSizeBytes = [0, 2, 4, 8] as const
const RLE_BLOCK = 1

/**
 * Whether bytes are whole zstd frames: Node 22 takes a frame that is cut off for a short one. Only headers are read (RFC 8878, 3.1):
 * what the blocks hold is the decoder's to judge.
 */
export function areWholeFrames(bytes: Buffer): boolean {
  let at = 0
  try {
    while (at < bytes.length) at = endOfFrame(bytes, at)
  } catch {
    return false // read beyond the end
  }
  return at === bytes.length && at > 0
}

function endOfFrame(bytes: Buffer, start: number): number {
  const magic = bytes.readUInt32LE(start)
  if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) return start + 8 + bytes.readUInt32LE(start + 4)
  if (magic !== FRAME_MAGIC) throw new RangeError('not a frame')
  const descriptor = bytes.readUInt8(start + 4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeFlag]!
  let at = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes[(descriptor & 3) as 0] + sizeBytes
  for (let isLast = false; !isLast;) {
    const header = bytes.readUIntLE(at, 3)
    isLast = (header & 1) === 1
    at += 3 + (((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3)
  }
  return at + ((descriptor & 4) === 0 ? 0 : 4)
}
