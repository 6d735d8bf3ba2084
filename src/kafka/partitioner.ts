const SEED = 0x9747b28c | 0
const M = 0x5bd1e995

const mixed = (word: number): number => {
  const k = Math.imul(word, M)
  return Math.imul(k ^ (k >>> 24), M)
}

const finished = (h: number): number => {
  const k = Math.imul(h ^ (h >>> 13), M)
  return k ^ (k >>> 15)
}

/** Austin Appleby's MurmurHash2 with the seed of Kafka's clients, as a signed 32-bit integer; of the bytes `from` until `to`. */
export function murmur2(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let h = SEED ^ (to - from)
  let i = from
  for (; i + 4 <= to; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    h = Math.imul(h, M) ^ mixed(word)
  }
  const left = to - i
  if (left === 3) h ^= bytes[i + 2]! << 16
  if (left >= 2) h ^= bytes[i + 1]! << 8
  if (left >= 1) h = Math.imul(h ^ bytes[i]!, M)
  return finished(h)
}

/** `murmur2` of the UTF-8 bytes of a text; nothing is allocated when it is ASCII. */
export function murmur2Text(text: string): number {
  const length = text.length
  let h = SEED ^ length
  let all = 0
  let i = 0
  for (; i + 4 <= length; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    all |= a | b | c | d
    h = Math.imul(h, M) ^ mixed(a | (b << 8) | (c << 16) | (d << 24))
  }
  let tail = 0
  for (let at = length - 1; at >= i; at--) {
    const code = text.charCodeAt(at)
    all |= code
    tail = (tail << 8) | code
  }
  if (all > 127) return murmur2(Buffer.from(text))
  if (i < length) h = Math.imul(h ^ tail, M)
  return finished(h)
}

let lastKey = ''
let lastHash = murmur2Text(lastKey) & 0x7fffffff

/** The partition that the default partitioner of Kafka's Java client chooses for a key. */
export function partitionOf(key: string, partitions: number): number {
  // a record's key decides where its state lies, and then where its output goes
  if (key !== lastKey) {
    lastHash = murmur2Text(key) & 0x7fffffff
    lastKey = key
  }
  return lastHash % partitions
}

/** As `partitionOf`, for a key that may not be text. */
export const partitionOfBytes = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions
