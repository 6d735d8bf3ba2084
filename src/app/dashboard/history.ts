import type { Mark, Point } from './model.ts'

const FINE_MS = 5 * 60_000
const COARSE_STEP_MS = 10_000
const KEPT_MS = 60 * 60_000
const MOST_MARKS = 500

/** The last hour: every moment of the last five minutes, one of ten seconds before that. Its size does not grow. */
export class History {
  readonly #fine: Point[] = []
  readonly #coarse: Point[] = []
  readonly #marks: Mark[] = []

  add(point: Point): void {
    this.#fine.push(point)
    while (this.#fine.length > 0 && this.#fine[0]!.atMs < point.atMs - FINE_MS) this.#retire(this.#fine.shift()!)
    while (this.#coarse.length > 0 && this.#coarse[0]!.atMs < point.atMs - KEPT_MS) this.#coarse.shift()
    while (this.#marks.length > 0 && this.#marks[0]!.atMs < point.atMs - KEPT_MS) this.#marks.shift()
  }

  mark(mark: Mark): void {
    this.#marks.push(mark)
    if (this.#marks.length > MOST_MARKS) this.#marks.shift()
  }

  get points(): readonly Point[] {
    return [...this.#coarse, ...this.#fine]
  }

  get marks(): readonly Mark[] {
    return [...this.#marks]
  }

  /** The highest value of its ten seconds stands for all of them: a peak must not disappear. */
  #retire(point: Point): void {
    const last = this.#coarse.at(-1)
    if (last && point.atMs < last.atMs + COARSE_STEP_MS)
      this.#coarse[this.#coarse.length - 1] = { atMs: last.atMs, values: highest(last.values, point.values) }
    else this.#coarse.push(point)
  }
}

function highest(a: Point['values'], b: Point['values']): Point['values'] {
  const values: Record<string, number | null> = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const other = values[name] ?? null
    values[name] = value === null || other === null ? (value ?? other) : Math.max(value, other)
  }
  return values
}
