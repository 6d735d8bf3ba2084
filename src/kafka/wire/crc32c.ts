const polynomial = 0x82f63b78
const slices = 8

/** Entry 256·s + b: what byte b does to the checksum when s more bytes follow it in the same step. */
const table = new Int32Array(slices * 256)
for (let n = 0; n < 256; n++) {
  let crc = n
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
  table[n] = crc
}
for (let n = 256; n < table.length; n++) {
  const before = table[n - 256]!
  table[n] = (before >>> 8) ^ table[before & 255]!
}

/** CRC-32C (Castagnoli), eight bytes a step ("slicing-by-8", Kounavis and Berry 2005), of the bytes `from` until `to`. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const t = table
  let crc = -1
  let i = from
  for (; i + 8 <= to; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    crc =
      t[1792 + (crc & 255)]! ^
      t[1536 + ((crc >>> 8) & 255)]! ^
      t[1280 + ((crc >>> 16) & 255)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!
  }
  for (; i < to; i++) crc = t[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}
