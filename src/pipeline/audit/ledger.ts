export interface Owed<Detail> {
  /** Must come. */
  required: number
  /** May come: its input may not have been processed yet. */
  optional: number
  readonly detail: Detail | undefined
}

export interface Surplus<Detail> {
  count: number
  readonly detail: Detail | undefined
}

/** Beyond this many open entries only their number is kept, by default: nobody reads that many differences. */
const DETAILED_ENTRIES = 20_000

/**
 * What is owed and what came, cancelling each other out as both are read: what stays is the difference. Two streams that are read side
 * by side keep it nearly empty, however long they are; entries are known by their fingerprints.
 */
export class Ledger<Expected, Found> {
  readonly owed = new Map<number, Owed<Expected>>()
  readonly surplus = new Map<number, Surplus<Found>>()
  required = 0
  found = 0
  /** Of what came: explained only by inputs that may not have been processed yet. */
  unjudged = 0
  readonly #detailed: number

  constructor(detailed = DETAILED_ENTRIES) {
    this.#detailed = detailed
  }

  expect(identity: number, required: boolean, detail: Expected): void {
    if (required) this.required++
    const early = this.surplus.get(identity)
    if (early) {
      if (early.count === 1) this.surplus.delete(identity)
      else early.count--
      if (!required) this.unjudged++
      return
    }
    const known = this.owed.get(identity)
    if (!known) {
      const kept = this.owed.size < this.#detailed ? detail : undefined
      this.owed.set(identity, { required: required ? 1 : 0, optional: required ? 0 : 1, detail: kept })
    } else if (required) known.required++
    else known.optional++
  }

  /** True when that was owed. */
  take(identity: number): boolean {
    const owed = this.owed.get(identity)
    if (!owed) return false
    if (owed.required > 0) owed.required--
    else {
      owed.optional--
      this.unjudged++
    }
    if (owed.required + owed.optional === 0) this.owed.delete(identity)
    this.found++
    return true
  }

  find(identity: number, detail: Found): void {
    if (this.take(identity)) return
    this.found++
    const known = this.surplus.get(identity)
    if (known) known.count++
    else this.surplus.set(identity, { count: 1, detail: this.surplus.size < this.#detailed ? detail : undefined })
  }

  get missing(): number {
    let missing = 0
    for (const { required } of this.owed.values()) missing += required
    return missing
  }

  get unexpected(): number {
    let unexpected = 0
    for (const { count } of this.surplus.values()) unexpected += count
    return unexpected
  }
}
