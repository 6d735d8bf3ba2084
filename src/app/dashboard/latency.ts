import type { LatencyView } from './model.ts'

const WINDOW_MS = 60_000
/** Payments whose status is waited for, and latencies that are kept: the newest. */
const MOST = 20_000

/** Times from one event to the one that answers it, over the last minute. Each look may see the two in either order: then it calls `settle`. */
export class Latency {
  readonly #begun = new Map<string, number>()
  /** Answers whose event has not been seen yet. */
  readonly #answered = new Map<string, number>()
  #measured: { readonly atMs: number; readonly ms: number }[] = []

  begin(id: string, atMs: number): void {
    const answeredMs = this.#answered.get(id)
    if (answeredMs !== undefined) {
      this.#measure(atMs, answeredMs)
      return
    }
    this.#begun.set(id, atMs)
    if (this.#begun.size <= MOST) return
    for (const oldest of this.#begun.keys()) {
      this.#begun.delete(oldest)
      return
    }
  }

  end(id: string, atMs: number): void {
    const begunMs = this.#begun.get(id)
    if (begunMs !== undefined) this.#measure(begunMs, atMs)
    else if (this.#answered.size < MOST) this.#answered.set(id, atMs)
    this.#begun.delete(id)
  }

  /** Both kinds of events are read up to the same moment: what has no event by now belongs to one that is not watched. */
  settle(): void {
    this.#answered.clear()
  }

  #measure(begunMs: number, endedMs: number): void {
    this.#measured.push({ atMs: endedMs, ms: Math.max(0, endedMs - begunMs) })
    if (this.#measured.length > 2 * MOST) this.#measured = this.#measured.slice(-MOST)
  }

  view(nowMs: number): LatencyView | null {
    this.#measured = this.#measured.filter(({ atMs }) => atMs > nowMs - WINDOW_MS)
    if (this.#measured.length === 0) return null
    const sorted = this.#measured.map(({ ms }) => ms).sort((a, b) => a - b)
    const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]! // prettier-ignore
    return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), count: sorted.length }
  }
}
