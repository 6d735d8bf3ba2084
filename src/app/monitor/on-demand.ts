/** A value that costs requests, and how old it is. */
export interface Aged<Value> {
  readonly value: Value
  /** Of a clock that only goes forward. */
  readonly atMs: number
}

/** How long who asks waits for a new value. */
const PATIENCE_MS = 2_000

/**
 * Takes a value when somebody asks, and no more often than once in an interval: who asks again in between gets the last one. Brokers that
 * do not answer hold nobody up for long: the last value is returned then, however old it is.
 */
export class OnDemand<Value> {
  readonly #take: () => Promise<Value>
  readonly #intervalMs: number
  #last: Aged<Value> | undefined
  #taking: Promise<void> | undefined
  #triedMs = -Infinity

  /** `take` may throw: then there is no new value. */
  constructor(take: () => Promise<Value>, intervalMs: number) {
    this.#take = take
    this.#intervalMs = intervalMs
  }

  async get(): Promise<Aged<Value> | undefined> {
    if (!this.#taking && performance.now() - this.#triedMs >= this.#intervalMs) {
      this.#triedMs = performance.now()
      this.#taking = this.#take()
        .then((value) => void (this.#last = { value, atMs: performance.now() }))
        .catch(() => undefined) // its client has logged it
        .finally(() => (this.#taking = undefined))
    }
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)))
    await Promise.race([this.#taking, patience])
    clearTimeout(timer)
    return this.#last
  }
}
