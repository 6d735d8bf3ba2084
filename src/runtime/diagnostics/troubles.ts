import { isConnectionError } from '../../kafka/errors.ts'
import type { Doing } from '../../kafka/diagnose.ts'
import { isSameTrouble, type Trouble } from '../../kafka/trouble.ts'

/** An error that repeats for this long is reported: what heals by itself has done so by then. */
const REPEATED_MS = 4_000
/** A connection may come back, and often does. */
const REPEATED_CONNECTION_MS = 7_000
/** What keeps on is looked into again: its cause may have changed. */
const LOOK_AGAIN_MS = 5_000
/** Longer than a request may take and the pause after it: nothing has failed since. */
const QUIET_MS = 15_000

export interface TroublesOptions {
  /** Finds out what is behind an error; it may ask the brokers. It does not throw. */
  readonly diagnose: (error: unknown, doing: Doing) => Promise<Trouble>
  readonly onTrouble: (partition: number | undefined, seconds: number, trouble: Trouble) => void
  readonly onOver: (partition: number | undefined, seconds: number) => void
}

interface Failing {
  readonly partition: number | undefined
  readonly firstMs: number
  lastMs: number
  error: unknown
  doing: Doing
  lookedMs: number
  looking: boolean
  latest: Trouble | undefined
  readonly told: Trouble[]
}

/**
 * The errors of one worker that nobody throws, because they may pass: what repeats without any progress in between is reported once, with its
 * cause, again when the cause is another one, and when it is over. `key` is what fails on its own: the membership, a task, a fetch.
 */
export class Troubles {
  readonly #options: TroublesOptions
  readonly #failing = new Map<string, Failing>()

  constructor(options: TroublesOptions) {
    this.#options = options
  }

  failed(
    key: string,
    error: unknown,
    nowMs: number,
    { partition, doing = {} }: { partition?: number | undefined; doing?: Doing } = {},
  ): void {
    const known = this.#failing.get(key)
    if (known) Object.assign(known, { error, doing, lastMs: nowMs })
    else
      this.#failing.set(key, {
        partition, firstMs: nowMs, lastMs: nowMs, error, doing, lookedMs: -Infinity, looking: false, latest: undefined, told: [],
      }) // prettier-ignore
  }

  /** It has got on. */
  fine(key: string, nowMs: number): void {
    if (this.#failing.size === 0) return
    const known = this.#failing.get(key)
    if (!known) return
    this.#failing.delete(key)
    if (known.told.length > 0) this.#options.onOver(known.partition, secondsOf(nowMs - known.firstMs))
  }

  /** To be called every now and then. */
  look(nowMs: number): void {
    for (const [key, failing] of this.#failing) {
      const { firstMs, lastMs, lookedMs, looking, error } = failing
      if (nowMs - lastMs > QUIET_MS) this.fine(key, nowMs)
      else if (!looking && isRepeated(error, lastMs - firstMs) && nowMs - lookedMs >= LOOK_AGAIN_MS)
        void this.#lookInto(key, failing, nowMs)
    }
  }

  /** What is known of the partition's trouble, or else of the worker's, or of any. */
  latest(partition?: number): Trouble | undefined {
    const known = [...this.#failing.values()].filter(({ latest }) => latest !== undefined)
    const found = known.find((failing) => failing.partition === partition) ?? known.find((failing) => failing.partition === undefined) // prettier-ignore
    return (found ?? known[0])?.latest
  }

  /** The last error of the partition, or else of the worker, however long ago, and whether it was repeated or not. */
  lastError(partition?: number): { error: unknown; doing: Doing } | undefined {
    const all = [...this.#failing.values()].sort((a, b) => b.lastMs - a.lastMs)
    return (
      all.find((failing) => failing.partition === partition) ?? all.find((failing) => failing.partition === undefined)
    )
  }

  async #lookInto(key: string, failing: Failing, nowMs: number): Promise<void> {
    Object.assign(failing, { looking: true, lookedMs: nowMs })
    const trouble = await this.#options.diagnose(failing.error, failing.doing)
    failing.looking = false
    if (this.#failing.get(key) !== failing) return // it has got on meanwhile
    failing.latest = trouble
    if (failing.told.some((told) => isSameTrouble(told, trouble))) return
    failing.told.push(trouble)
    this.#options.onTrouble(failing.partition, secondsOf(failing.lastMs - failing.firstMs), trouble)
  }
}

const isRepeated = (error: unknown, forMs: number): boolean =>
  forMs >= (isConnectionError(error) ? REPEATED_CONNECTION_MS : REPEATED_MS)

const secondsOf = (ms: number): number => Math.round(ms / 100) / 10
