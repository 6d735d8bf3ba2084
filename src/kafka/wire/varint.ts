const zigzag = (value: number): number => (value << 1) ^ (value >> 31)

/** Bytes that `writeVarint` writes for a 32-bit integer: 1 to 5. */
export function sizeOfVarint(value: number): number {
  let rest = zigzag(value) >>> 7
  let size = 1
  for (; rest !== 0; rest >>>= 7) size++
  return size
}

/** Writes a 32-bit integer as protocol buffers' zigzag varint; returns the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = zigzag(value)
  while (rest & ~127) {
    bytes[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}
