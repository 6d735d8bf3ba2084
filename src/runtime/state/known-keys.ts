import type { DiskStore } from './disk-store.ts'
import { KeyFilter } from './key-filter.ts'

const LEAST_CAPACITY = 1 << 18
/** A filter that is too small is followed by one for so many times the keys. */
const GROWTH = 4
/** With fewer bits a key, most answers are wrong. */
const LEAST_BITS_PER_KEY = 4
/** How many reads that find nothing are as dear as a pass over the keys: so many, and one for so many keys. */
const READS_OF_NOTHING = 5_000
const KEYS_PER_READ = 10

export interface KnownKeysOptions {
  readonly store: Pick<DiskStore, 'get' | 'has' | 'head' | 'keys'>
  /** How many keys are stored. */
  readonly size: () => number
  /** Keys that were added and are not stored yet. */
  readonly unstored: () => Iterable<string>
  /** About how many bytes a filter may take. */
  readonly maxBytes: () => number
  /** A pass over the keys has failed. */
  readonly onFault: (error: unknown) => void
}

/**
 * Knows of most keys that they are not stored. To LevelDB a key that it does not have is dear: it looks at a table in each of its levels, and a table
 * that is often looked at in vain is merged into the next level, whether or not that helps.
 * Of a store that begins empty all keys are added as they come; of another one a pass over its keys finds them, once enough reads have found nothing.
 */
export class KnownKeys {
  readonly #options: KnownKeysOptions
  /** Undefined: not all keys are known. */
  #filter: KeyFilter | undefined
  /** Is filled by a pass over the keys. */
  #next: KeyFilter | undefined
  /** That found nothing. */
  #reads = 0

  constructor(options: KnownKeysOptions) {
    this.#options = options
    if (options.store.head === undefined) this.wiped()
  }

  get bytes(): number {
    return (this.#filter?.byteLength ?? 0) + (this.#next?.byteLength ?? 0)
  }

  /** The text that is stored of a key. @throws StateFault (damaged) */
  get(key: string): string | undefined {
    if (this.#isUnknown(key)) return undefined
    const text = this.#options.store.get(key)
    if (text === undefined && !this.#filter && !this.#next) this.#foundNothing()
    return text
  }

  /** Which of these keys are stored. */
  async had(keys: readonly string[]): Promise<boolean[]> {
    const unsure = keys.filter((key) => !this.#isUnknown(key))
    const found = await this.#options.store.has(unsure)
    const stored = new Set(unsure.filter((_, i) => found[i]))
    return keys.map((key) => stored.has(key))
  }

  /** Of a key that is not stored, before it is among those that are `unstored`. */
  add(key: string): void {
    if (this.#filter?.isFull && !this.#next) void this.#pass()
    this.#filter?.add(key)
    this.#next?.add(key)
  }

  #isUnknown(key: string): boolean {
    return this.#filter !== undefined && !this.#filter.mayHave(key)
  }

  #foundNothing(): void {
    if (++this.#reads > READS_OF_NOTHING + this.#options.size() / KEYS_PER_READ) void this.#pass()
  }

  wiped(): void {
    this.#next = undefined
    this.#filter = new KeyFilter(LEAST_CAPACITY, this.#options.maxBytes())
  }

  /** Nothing is known any more, and no pass goes on. */
  close(): void {
    this.#next = this.#filter = undefined
  }

  async #pass(): Promise<void> {
    const { store, size, unstored, maxBytes, onFault } = this.#options
    this.#reads = 0
    const next = this.#sized(Math.max(LEAST_CAPACITY, GROWTH * size()), maxBytes())
    this.#next = next
    if (!next) {
      this.#filter = undefined
      return
    }
    for (const key of unstored()) next.add(key)
    const isOver = (): boolean => this.#next !== next
    try {
      for await (const portion of store.keys()) {
        if (isOver()) return
        for (const key of portion) next.add(key)
      }
      if (isOver()) return
      this.#filter = next
    } catch (error) {
      if (!isOver()) onFault(error)
    }
    if (!isOver()) this.#next = undefined
  }

  /** Undefined: too many keys for so few bytes. */
  #sized(capacity: number, maxBytes: number): KeyFilter | undefined {
    if ((this.#options.size() * LEAST_BITS_PER_KEY) / 8 > maxBytes) return undefined
    return new KeyFilter(capacity, maxBytes)
  }
}
