const FIRST_SLOTS = 1 << 12
const MAX_LOAD = 0.6

/** What is known of the orders of one fingerprint. */
export interface KnownOrder {
  /** Of the first of them, in ms. */
  readonly timeMs: number
  /** At least one of them has been processed for certain. */
  readonly required: boolean
}

/** Totals and times of orders by their fingerprints: 24 bytes a slot, because every order must be known before the first payment. */
export class OrderTable {
  #keys = new Float64Array(FIRST_SLOTS)
  /** Cents; -1 - cents of an order that may not have been processed. */
  #totals = new Float64Array(FIRST_SLOTS)
  #times = new Float64Array(FIRST_SLOTS)
  #size = 0
  /** Other totals of orders that came more than once. */
  readonly #more = new Map<number, number[]>()

  add(fingerprint: number, cents: number, timeMs: number, required: boolean): void {
    if (this.#size >= this.#keys.length * MAX_LOAD) this.#grow()
    const key = fingerprint || 1
    const slot = this.#slotOf(key)
    if (this.#keys[slot] === 0) {
      this.#put(slot, key, required ? cents : -1 - cents, timeMs)
      this.#size++
      return
    }
    const known = centsOf(this.#totals[slot]!)
    if (known !== cents) this.#more.set(key, [...(this.#more.get(key) ?? []), cents])
    if (required) this.#totals[slot] = known
    this.#times[slot] = Math.min(this.#times[slot]!, timeMs)
  }

  find(fingerprint: number): KnownOrder | undefined {
    const slot = this.#slotOf(fingerprint || 1)
    if (this.#keys[slot] === 0) return undefined
    return { timeMs: this.#times[slot]!, required: this.#totals[slot]! >= 0 }
  }

  /** The totals in cents of the orders of this fingerprint: nearly always one. */
  totals(fingerprint: number): number[] {
    const key = fingerprint || 1
    const slot = this.#slotOf(key)
    return this.#keys[slot] === 0 ? [] : [centsOf(this.#totals[slot]!), ...(this.#more.get(key) ?? [])]
  }

  /** The slot of a key, or the free one where it would stand. */
  #slotOf(key: number): number {
    const mask = this.#keys.length - 1
    let slot = key % this.#keys.length
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask
    return slot
  }

  #put(slot: number, key: number, total: number, timeMs: number): void {
    this.#keys[slot] = key
    this.#totals[slot] = total
    this.#times[slot] = timeMs
  }

  #grow(): void {
    const [keys, totals, times] = [this.#keys, this.#totals, this.#times]
    const slots = keys.length * 2
    this.#keys = new Float64Array(slots)
    this.#totals = new Float64Array(slots)
    this.#times = new Float64Array(slots)
    for (let i = 0; i < keys.length; i++)
      if (keys[i] !== 0) this.#put(this.#slotOf(keys[i]!), keys[i]!, totals[i]!, times[i]!)
  }
}

const centsOf = (total: number): number => (total < 0 ? -1 - total : total)
