/**
 * A bounded cache of the values that were used last, in two generations: when the younger one is full it becomes the older, whose rest is forgotten. A value
 * is used or set at the cost of one or two Map operations; up to twice `capacity` stay.
 */
export class HotValues<Value> {
  readonly #capacity: () => number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  /** `capacity`: of a generation; asked for each time that one is full. */
  constructor(capacity: () => number) {
    this.#capacity = capacity
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value)
    if (this.#young.size < this.#limit) return
    this.#limit = Math.max(1, this.#capacity())
    if (this.#young.size < this.#limit) return
    this.#old = this.#young
    this.#young = new Map()
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #limit = 1
}
