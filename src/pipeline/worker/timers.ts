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
