/** How counts and texts are written: each writes at a position and returns the one after it. */
export interface Framing {
  countSize(count: number): number
  writeCount(bytes: Buffer, count: number, at: number): number
  textSize(text: string | null): number
  writeText(bytes: Buffer, text: string | null, at: number): number
  /** Of the tagged fields behind each structure, of which there are none. */
  readonly tagsSize: number
  writeTags(bytes: Buffer, at: number): number
}

/** Of the versions before KIP-482. */
export const plainFraming: Framing = {
  countSize: () => 4,
  writeCount: (bytes, count, at) => bytes.writeInt32BE(count, at),
  textSize: (text) => 2 + Buffer.byteLength(text ?? ''),
  writeText(bytes, text, at) {
    if (text === null) return bytes.writeInt16BE(-1, at)
    const length = bytes.write(text, at + 2, 'utf8')
    bytes.writeInt16BE(length, at)
    return at + 2 + length
  },
  tagsSize: 0,
  writeTags: (_, at) => at,
}

/** Of flexible versions (KIP-482): one more than the length as an unsigned varint, 0 for what is null. */
export const compactFraming: Framing = {
  countSize: (count) => uvarintSize(count + 1),
  writeCount: (bytes, count, at) => writeUvarint(bytes, count + 1, at),
  textSize(text) {
    if (text === null) return 1
    const length = Buffer.byteLength(text)
    return uvarintSize(length + 1) + length
  },
  writeText(bytes, text, at) {
    if (text === null) return bytes.writeUInt8(0, at)
    const start = writeUvarint(bytes, Buffer.byteLength(text) + 1, at)
    return start + bytes.write(text, start, 'utf8')
  },
  tagsSize: 1,
  writeTags: (bytes, at) => bytes.writeUInt8(0, at),
}

function uvarintSize(value: number): number {
  let size = 1
  for (let left = value >>> 7; left > 0; left >>>= 7) size++
  return size
}

function writeUvarint(bytes: Buffer, value: number, start: number): number {
  let at = start
  let left = value
  for (; left > 127; left >>>= 7) at = bytes.writeUInt8((left & 127) | 128, at)
  return bytes.writeUInt8(left, at)
}
