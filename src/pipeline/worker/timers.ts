interface Timer {
  readonly at: number
  readonly key: string
}

/** A binary heap of timers by time (then key, so that the order does not depend on the history). */
export class TimerQueue {
  readonly #heap: Timer[] = []

  get size(): number {
    return this.#heap.length
  }

  /** When the first one is due; undefined: there is none. */
  get firstAt(): number | undefined {
    return this.#heap[0]?.at
  }

  add(at: number, key: string): void {
    const heap = this.#heap
    let child = heap.push({ at, key }) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!before(heap[child]!, heap[parent]!)) return
      swap(heap, child, parent)
      child = parent
    }
  }

  /** Removes and returns the first timer if it is due at `now`. */
  takeUntil(now: number): Timer | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (!first || first.at > now) return undefined
    const last = heap.pop()!
    if (heap.length > 0) {
      heap[0] = last
      this.#sink()
    }
    return first
  }

  /** Keeps the first `count` if there are more than twice as many; `onDropped` gets the time of the first of the others. Timers of one time stay together. */
  keepFirst(count: number, onDropped: (at: number) => void): void {
    if (this.#heap.length <= 2 * count) return
    // in order they are a heap
    this.#heap.sort((a, b) => (before(a, b) ? -1 : 1))
    let end = count
    while (end < this.#heap.length && this.#heap[end]!.at === this.#heap[end - 1]!.at) end++
    const [first] = this.#heap.splice(end)
    if (first) onDropped(first.at)
  }

  #sink(): void {
    const heap = this.#heap
    for (let parent = 0; ;) {
      const left = 2 * parent + 1
      let least = parent
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left
      if (left + 1 < heap.length && before(heap[left + 1]!, heap[least]!)) least = left + 1
      if (least === parent) return
      swap(heap, parent, least)
      parent = least
    }
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.key < b.key)

function swap(heap: Timer[], a: number, b: number): void {
  const held = heap[a]!
  heap[a] = heap[b]!
  heap[b] = held
}
