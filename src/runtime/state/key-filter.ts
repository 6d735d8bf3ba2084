/** `WORDS` odd numbers: each moves other bits of a hash to the top. */
const salts = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1, 0xd3a2646d, 0xfd7046c5, 0xb55a4f09]
const WORDS = 8
const BITS_PER_KEY = 10

/**
 * A Bloom filter whose bits of a key lie in one block of eight words, one in each (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom
 * Filters, 2007). What was added it always has; of other keys one in a hundred, while no more were added than `capacity`.
 */
export class KeyFilter {
  readonly capacity: number
  readonly #words: Uint32Array
  readonly #blocks: number
  #added = 0

  /** @param maxBytes what it may take; of a smaller filter more keys are wrong */
  constructor(capacity: number, maxBytes: number) {
    this.capacity = capacity
    this.#blocks = Math.max(1, Math.ceil(Math.min((capacity * BITS_PER_KEY) / 8, maxBytes) / (4 * WORDS)))
    this.#words = new Uint32Array(this.#blocks * WORDS)
  }

  get byteLength(): number {
    return this.#words.byteLength
  }

  get isFull(): boolean {
    return this.#added > this.capacity
  }

  add(key: string): void {
    const hash = hashOf(key)
    const at = this.#blockOf(hash)
    const bits = mixed(hash)
    let isNew = 0
    for (let i = 0; i < WORDS; i++) {
      const bit = 1 << (Math.imul(bits, salts[i]!) >>> 27)
      isNew |= ~this.#words[at + i]! & bit
      this.#words[at + i]! |= bit
    }
    if (isNew !== 0) this.#added++
  }

  mayHave(key: string): boolean {
    const hash = hashOf(key)
    const at = this.#blockOf(hash)
    const bits = mixed(hash)
    for (let i = 0; i < WORDS; i++)
      if ((this.#words[at + i]! & (1 << (Math.imul(bits, salts[i]!) >>> 27))) === 0) return false
    return true
  }

  #blockOf(hash: number): number {
    return Math.floor(((hash >>> 0) / 0x1_0000_0000) * this.#blocks) * WORDS
  }
}

/**
 * FNV-1a over the characters, and the last steps of MurmurHash3, without which its upper bits hardly differ. Not the hash of the partitioner: all keys of
 * a partition agree in a part of that.
 */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
