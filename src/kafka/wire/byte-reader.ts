/** Reads Kafka's wire types from a buffer, one after the other. 64-bit integers come as numbers: exact up to 2^53. */
export class ByteReader {
  buffer: Buffer
  position: number

  constructor(buffer: Buffer, position = 0) {
    this.buffer = buffer
    this.position = position
  }

  int8(): number {
    return this.buffer.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#advance(4))
  }

  int64(): number {
    const at = this.#advance(8)
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4)
  }

  bigInt64(): bigint {
    return this.buffer.readBigInt64BE(this.#advance(8))
  }

  /** 32 hexadecimal digits. */
  uuid(): string {
    const at = this.#advance(16)
    return this.buffer.toString('hex', at, at + 16)
  }

  text(): string {
    return this.nullableText() ?? ''
  }

  nullableText(): string | null {
    const length = this.int16()
    if (length < 0) return null
    const at = this.#advance(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  /** A slice; empty when it is null. */
  bytes(): Buffer {
    const length = Math.max(this.int32(), 0)
    const at = this.#advance(length)
    return this.buffer.subarray(at, at + length)
  }

  /** As `bytes`. */
  compactBytes(): Buffer {
    const length = Math.max(this.uvarint() - 1, 0)
    const at = this.#advance(length)
    return this.buffer.subarray(at, at + length)
  }

  array<Item>(readItem: () => Item): Item[] {
    const items: Item[] = []
    for (let left = this.int32(); left > 0; left--) items.push(readItem())
    return items
  }

  varint(): number {
    let byte = this.buffer[this.position++]!
    let value = byte & 127
    for (let shift = 7; byte > 127; shift += 7) {
      byte = this.buffer[this.position++]!
      value |= (byte & 127) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  uvarint(): number {
    let byte = this.buffer[this.position++]!
    let value = byte & 127
    for (let unit = 128; byte > 127; unit *= 128) {
      byte = this.buffer[this.position++]!
      value += (byte & 127) * unit
    }
    return value
  }

  /** Empty when it is null. */
  compactText(): string {
    const length = Math.max(this.uvarint() - 1, 0)
    const at = this.#advance(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  compactArray<Item>(readItem: () => Item): Item[] {
    const items: Item[] = []
    for (let left = this.uvarint() - 1; left > 0; left--) items.push(readItem())
    return items
  }

  /** Passes over tagged fields. */
  tags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint()
      this.#advance(this.uvarint())
    }
  }

  /** A varint of up to 64 bits. */
  varlong(): number {
    const value = this.uvarint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A slice of what a varint says is its length; null when that is -1. */
  varintBytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const at = this.#advance(length)
    return this.buffer.subarray(at, at + length)
  }

  #advance(bytes: number): number {
    const at = this.position
    this.position += bytes
    return at
  }
}
