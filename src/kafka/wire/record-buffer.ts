import type { Header, Records } from '../records.ts'
import { sizeOfVarint, writeVarint } from './varint.ts'

const INITIAL_BYTES = 1 << 14
const KEPT_BYTES = 1 << 21
/** Record length, attributes, timestamp delta, offset delta, key length, value length, number of headers. */
const MOST_AROUND = 5 + 1 + 1 + 5 + 5 + 5 + 5
const SHORT_TEXT = 24
const none: readonly Header[] = []

/** Bytes of a text at most, of bytes exactly. */
const mostBytes = (field: Buffer | string | null): number =>
  field === null ? 0 : typeof field === 'string' ? field.length * 3 : field.length

/** The length field of a text if it is ASCII. */
const lengthIfAscii = (field: Buffer | string | null): number => (field === null ? -1 : field.length)

const lengthOf = (field: Buffer | string | null): number => (field === null ? -1 : Buffer.byteLength(field))

/** Writes a length and a field, which may turn out longer than that; returns the position after it. */
function writeField(bytes: Buffer, start: number, field: Buffer | string | null, length: number): number {
  const at = writeVarint(bytes, start, length)
  if (field === null) return at
  if (typeof field !== 'string') return at + field.copy(bytes, at)
  if (length > SHORT_TEXT) return at + bytes.write(field, at, 'utf8')
  for (let i = 0; i < field.length; i++) {
    const code = field.charCodeAt(i)
    if (code > 127) return at + bytes.write(field, at, 'utf8')
    bytes[at + i] = code
  }
  return at + field.length
}

/** Records of one partition, encoded as they come: a record batch of format 2 without its header. */
export class RecordBuffer implements Records {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #end = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#end
  }

  /** A view of what is written; `append` and `clear` end its life. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end)
  }

  /** An upper bound of what `append` would add to `byteLength`. */
  static sizeOf(key: Buffer | string | null, value: Buffer | string | null, headers: readonly Header[] = none): number {
    let size = MOST_AROUND + mostBytes(key) + mostBytes(value)
    for (const header of headers) size += 10 + mostBytes(header.key) + mostBytes(header.value)
    return size
  }

  append(key: Buffer | string | null, value: Buffer | string | null, headers: readonly Header[] = none): void {
    this.#reserve(RecordBuffer.sizeOf(key, value, headers))
    // A record begins with its length, so text is taken for ASCII first: right nearly always, and found out by writing it.
    const written =
      this.#write(key, lengthIfAscii(key), value, lengthIfAscii(value), headers) ||
      this.#write(key, lengthOf(key), value, lengthOf(value), headers)
    if (!written) throw new Error('a text changed its length while it was encoded')
  }

  clear(): void {
    this.#end = 0
    this.#count = 0
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  }

  #write(
    key: Buffer | string | null,
    keyLength: number,
    value: Buffer | string | null,
    valueLength: number,
    headers: readonly Header[],
  ): boolean {
    const bytes = this.#buffer
    const length =
      2 +
      sizeOfVarint(this.#count) +
      sizeOfVarint(keyLength) +
      Math.max(keyLength, 0) +
      sizeOfVarint(valueLength) +
      Math.max(valueLength, 0) +
      (headers.length === 0 ? 1 : sizeOfHeaders(headers))
    const body = writeVarint(bytes, this.#end, length)
    bytes[body] = 0 // attributes
    bytes[body + 1] = 0 // timestamp delta
    let at = writeVarint(bytes, body + 2, this.#count)
    at = writeField(bytes, at, key, keyLength)
    at = writeField(bytes, at, value, valueLength)
    if (headers.length === 0) bytes[at++] = 0
    else at = writeHeaders(bytes, at, headers)
    if (at !== body + length) return false
    this.#end = at
    this.#count++
    return true
  }

  #reserve(bytes: number): void {
    const least = this.#end + bytes
    if (least <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(least, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#end)
    this.#buffer = grown
  }
}

function sizeOfHeaders(headers: readonly Header[]): number {
  let size = sizeOfVarint(headers.length)
  for (const { key, value } of headers) {
    const [keyLength, valueLength] = [lengthOf(key), lengthOf(value)]
    size += sizeOfVarint(keyLength) + keyLength + sizeOfVarint(valueLength) + Math.max(valueLength, 0)
  }
  return size
}

function writeHeaders(bytes: Buffer, start: number, headers: readonly Header[]): number {
  let at = writeVarint(bytes, start, headers.length)
  for (const { key, value } of headers) {
    at = writeField(bytes, at, key, lengthOf(key))
    at = writeField(bytes, at, value, lengthOf(value))
  }
  return at
}
