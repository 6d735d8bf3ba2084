/** What the watchdog looks at of a task. */
export interface Watched {
  /** Undefined: not a task, but the worker itself, which waits to be given partitions. */
  readonly partition: number | undefined
  /** It has something to do, or is not running yet. */
  readonly hasWork: boolean
  /** When it last got on: committed something, or read some of its state. Only whether it is another than before is looked at. */
  readonly progressAt: number
}

export interface Verdict {
  /** Those that were found to stand still at this look. */
  readonly stalled: readonly Watched[]
  /** One for whose sake the process is to be started again. */
  readonly hopeless: Watched | undefined
}

/** One partition may wait for a broker that is away while the others go on: by this factor longer, until the worker restarts because of it. */
const ONE_ALONE = 4
/** More between two looks, and the process itself stood still, or the machine slept. */
const LOOKS_AT_MOST_APART_MS = 1_000

/** Watches the tasks of one worker: which of them have something to do, and have not got on for `stallMs`. */
export class Watchdog {
  readonly #stallMs: number
  #seen = new Map<Watched, { progressAt: number; stillMs: number; told: boolean }>()
  #lookedAtMs = 0

  constructor(stallMs: number) {
    this.#stallMs = stallMs
  }

  look(tasks: readonly Watched[], nowMs: number): Verdict {
    const before = this.#seen
    const passedMs = Math.min(nowMs - this.#lookedAtMs, LOOKS_AT_MOST_APART_MS)
    this.#lookedAtMs = nowMs
    this.#seen = new Map()
    for (const task of tasks.filter(({ hasWork }) => hasWork)) {
      const { progressAt } = task
      const last = before.get(task)
      const goesOn = last?.progressAt !== progressAt
      this.#seen.set(task, goesOn ? { progressAt, stillMs: 0, told: false } : { ...last, stillMs: last.stillMs + passedMs }) // prettier-ignore
    }
    const still = [...this.#seen].filter(([, { stillMs }]) => stillMs > this.#stallMs)
    const longest = still.find(([, { stillMs }]) => stillMs > ONE_ALONE * this.#stallMs)
    const all = still.length === this.#seen.size ? still[0] : undefined
    const news = still.filter(([, entry]) => !entry.told)
    for (const [, entry] of news) entry.told = true
    return { stalled: news.map(([task]) => task), hopeless: (all ?? longest)?.[0] }
  }
}
