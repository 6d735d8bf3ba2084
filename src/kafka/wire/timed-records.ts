import type { Header, Records } from '../records.ts'
import { sizeOfVarint, writeVarint } from './varint.ts'

const INITIAL_BYTES = 1 << 14
/** Record length, attributes, offset delta, key length, value length, number of headers; without the timestamp delta. */
const MOST_AROUND = 5 + 1 + 5 + 5 + 5 + 5
const VARLONG_BYTES = 10
const MOST_VARINT = 2 ** 30

type Field = Buffer | null
const bytesOf = (field: Buffer | string | null): Field => (typeof field === 'string' ? Buffer.from(field) : field)
const lengthOf = (field: Field): number => field?.length ?? -1

/** Bytes of an integer up to 2^53 as a zigzag varint; returns the position after it. */
function writeVarlong(bytes: Buffer, start: number, value: number): number {
  if (Math.abs(value) < MOST_VARINT) return writeVarint(bytes, start, value)
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  let at = start
  for (; rest > 127n; rest >>= 7n) bytes[at++] = Number(rest & 127n) | 128
  bytes[at++] = Number(rest)
  return at
}

const scratch = Buffer.alloc(VARLONG_BYTES)

/**
 * Records of one partition with a time each, encoded as they come: for what is written as it was read elsewhere. Workers and producers, whose
 * records have the time of their batch, take `RecordBuffer`.
 */
export class TimedRecords implements Records {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #end = 0
  #count = 0
  #firstMs = 0
  #mostMs = 0

  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#end
  }

  /** A view of what is written; the next `append` ends its life. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end)
  }

  /** Of the first record, and the greatest: the header of their batch needs both. In ms since 1970. */
  get times(): { readonly firstMs: number; readonly mostMs: number } {
    return { firstMs: this.#firstMs, mostMs: this.#mostMs }
  }

  /** An upper bound of what `append` would add to `byteLength`. */
  static sizeOf(key: Field, value: Field, headers: readonly Header[]): number {
    let size = MOST_AROUND + VARLONG_BYTES + Math.max(lengthOf(key), 0) + Math.max(lengthOf(value), 0)
    for (const header of headers) size += 10 + Buffer.byteLength(header.key) + Buffer.byteLength(header.value ?? '')
    return size
  }

  append(
    keyText: Buffer | string | null,
    valueText: Buffer | string | null,
    headers: readonly Header[] = [],
    timestampMs = Date.now(),
  ): void {
    const [key, value] = [bytesOf(keyText), bytesOf(valueText)]
    const raw = headers.map((header) => ({ key: Buffer.from(header.key), value: bytesOf(header.value) }))
    if (this.#count === 0) this.#firstMs = this.#mostMs = timestampMs
    this.#mostMs = Math.max(this.#mostMs, timestampMs)
    const deltaLength = writeVarlong(scratch, 0, timestampMs - this.#firstMs)
    let length =
      1 + deltaLength + sizeOfVarint(this.#count) + sizeOfField(key) + sizeOfField(value) + sizeOfVarint(raw.length)
    for (const header of raw) length += sizeOfField(header.key) + sizeOfField(header.value)
    this.#reserve(length + sizeOfVarint(length))
    const bytes = this.#buffer
    let at = writeVarint(bytes, this.#end, length)
    bytes[at++] = 0 // attributes
    at += scratch.copy(bytes, at, 0, deltaLength)
    at = writeVarint(bytes, at, this.#count)
    at = writeField(bytes, at, key)
    at = writeField(bytes, at, value)
    at = writeVarint(bytes, at, raw.length)
    for (const header of raw) {
      at = writeField(bytes, at, header.key)
      at = writeField(bytes, at, header.value)
    }
    this.#end = at
    this.#count++
  }

  clear(): void {
    this.#end = 0
    this.#count = 0
  }

  #reserve(bytes: number): void {
    const least = this.#end + bytes
    if (least <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(least, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#end)
    this.#buffer = grown
  }
}

const sizeOfField = (field: Field): number => sizeOfVarint(lengthOf(field)) + Math.max(lengthOf(field), 0)

function writeField(bytes: Buffer, start: number, field: Field): number {
  const at = writeVarint(bytes, start, lengthOf(field))
  return field === null ? at : at + field.copy(bytes, at)
}
