import { rm } from 'node:fs/promises'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf, PayflowError } from '../../errors.ts'
import { DiskStore, emptyHead, type Timer } from '../../runtime/state/disk-store.ts'
import { LAYOUT } from '../../runtime/state/trust.ts'

export interface Held {
  /** Of key and value. */
  readonly bytes: number
  /** When its timer is due, in ms since 1970; undefined: never. */
  readonly due: number | undefined
}

interface Totals {
  readonly keys: number
  readonly bytes: number
  readonly oldestTimer: number | null
}

/** About 20 MB of keys. */
const MOST_IN_MEMORY = 100_000
const head = emptyHead(
  { layout: LAYOUT, clusterId: '', topicId: undefined, worker: '', partition: 0, partitions: 0 },
  undefined,
)

/** The keys of a changelog that are left when it is read from its beginning. Beyond some number of keys they are in a directory that goes away at `close`. */
export class LiveKeys {
  readonly #most: number
  /** Not in the store yet; null: deleted. */
  #recent = new Map<string, Held | null>()
  #directory: string | undefined
  #store: DiskStore | undefined
  #keys = 0
  #bytes = 0

  constructor(mostInMemory = MOST_IN_MEMORY) {
    this.#most = mostInMemory
  }

  set(key: string, held: Held | null): void {
    if (held === null && !this.#store) this.#recent.delete(key)
    else this.#recent.set(key, held)
  }

  /** To be called now and then, so that memory stays bounded. @throws PayflowError when there is no room on disk */
  async settle(): Promise<void> {
    if (this.#recent.size >= this.#most) await this.#spill()
  }

  /** @throws PayflowError */
  async totals(): Promise<Totals> {
    if (!this.#store) return totalsOf(this.#recent.values())
    const store = await this.#spill()
    let oldestTimer: number | null = null
    for await (const [first] of store.timersFrom(-Infinity)) {
      oldestTimer = first?.at ?? null
      break
    }
    return { keys: this.#keys, bytes: this.#bytes, oldestTimer }
  }

  async close(): Promise<void> {
    await this.#store?.close()
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true })
  }

  async #spill(): Promise<DiskStore> {
    const found = this.#recent
    this.#recent = new Map()
    try {
      this.#directory ??= mkdtempSync(join(tmpdir(), 'payflow-state-'))
      this.#store ??= await DiskStore.open(join(this.#directory, 'keys'))
      await this.#store.apply(this.#changes(this.#store, found), head)
      return this.#store
    } catch (error) {
      throw new PayflowError('STATE_VIEW_FAILED', `The keys cannot be counted in ${this.#directory ?? tmpdir()}: ${messageOf(error)}`, {
        kind: 'failed',
        hint: 'make room there, or name another directory with TMPDIR',
        cause: error,
      }) // prettier-ignore
    }
  }

  #changes(
    store: DiskStore,
    found: ReadonlyMap<string, Held | null>,
  ): { values: [string, string | null][]; timers: Timer[]; goneTimers: Timer[] } {
    const changes = { values: [] as [string, string | null][], timers: [] as Timer[], goneTimers: [] as Timer[] }
    for (const [key, now] of found) {
      const text = store.get(key)
      const before = text === undefined ? null : heldOf(text)
      this.#keys += (now ? 1 : 0) - (before ? 1 : 0)
      this.#bytes += (now?.bytes ?? 0) - (before?.bytes ?? 0)
      if (before?.due !== undefined && before.due !== now?.due) changes.goneTimers.push({ at: before.due, key })
      if (now?.due !== undefined && now.due !== before?.due) changes.timers.push({ at: now.due, key })
      if (now || before) changes.values.push([key, now && textOf(now)])
    }
    return changes
  }
}

function totalsOf(all: Iterable<Held | null>): Totals {
  let [keys, bytes, oldest] = [0, 0, Infinity]
  for (const held of all) {
    if (!held) continue
    keys++
    bytes += held.bytes
    if (held.due !== undefined && held.due < oldest) oldest = held.due
  }
  return { keys, bytes, oldestTimer: oldest === Infinity ? null : oldest }
}

const textOf = ({ bytes, due }: Held): string => (due === undefined ? String(bytes) : `${bytes} ${due}`)

function heldOf(text: string): Held {
  const [bytes, due] = text.split(' ')
  return { bytes: Number(bytes), due: due === undefined ? undefined : Number(due) }
}
