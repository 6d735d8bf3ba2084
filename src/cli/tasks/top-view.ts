import { messageOf } from '../../errors.ts'
import type { TailRecord } from '../../app/monitor/model.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import type { Shown } from '../../app/overview/follow.ts'
import { FullScreen, type KeyPress } from '../shell/full-screen.ts'
import type { Palette } from '../shell/output.ts'
import type { World } from '../shell/world.ts'
import { anonymous, anonymousRecord } from '../views/top/anonymize.ts'
import type { Supervised } from '../views/top/columns.ts'
import { clockText } from '../views/top/figures.ts'
import { frameLines, rowKeys, type Records } from '../views/top/frame.ts'
import { initialState, press, type TopState } from '../views/top/state.ts'
import { symbolsFor } from '../views/top/symbols.ts'

export interface TopViewOptions {
  readonly title: string
  readonly footer: string
  readonly intervalMs: number
  readonly anonymize?: boolean
  readonly onQuit: (view: TopView) => void
  /** The newest records of a partition, newest first. */
  readonly newest: (at: TopicPartition, count: number) => Promise<readonly TailRecord[]>
  readonly supervised?: () => ReadonlyMap<string, Supervised>
}

const MOST_NOTES = 20
/** How long something that has happened is shown even where there is little room. */
const ANNOUNCED_MS = 10_000

/** What a terminal shows of a cluster and its workers, and what its keys do. */
export class TopView {
  readonly #world: World
  readonly #palette: Palette
  readonly #options: TopViewOptions
  readonly #screen: FullScreen
  readonly #notes: string[] = []
  #state: TopState
  #shown: Shown | undefined
  #records: { readonly of: string; readonly found: Records } | undefined
  #reading = false
  #announced: { readonly line: string; readonly atMs: number } | undefined

  constructor(world: World, palette: Palette, options: TopViewOptions) {
    this.#world = world
    this.#palette = palette
    this.#options = options
    this.#state = initialState(options.intervalMs)
    this.#screen = new FullScreen(world, { onKey: (key) => this.#onKey(key), onRedraw: () => this.#draw() })
    this.#draw()
  }

  get intervalMs(): number {
    return this.#state.intervalMs
  }

  show(shown: Shown): void {
    if (this.#state.paused) return
    const isNew = shown.overview?.atMs !== this.#shown?.overview?.atMs
    this.#shown = this.#options.anonymize ? anonymous(shown) : shown
    if (isNew) for (const { atMs, text } of this.#shown.overview?.marks ?? []) this.#note(`${clockText(atMs)} ${text}`)
    if (isNew) this.#readRecords()
    this.#draw()
  }

  /** Something that has happened. */
  announce(line: string): void {
    this.#note(line)
    this.#announced = { line, atMs: performance.now() }
    this.#draw()
  }

  /** Gives the terminal back. */
  end(): void {
    this.#screen.end()
  }

  #note(line: string): void {
    this.#notes.push(line)
    if (this.#notes.length > MOST_NOTES) this.#notes.shift()
  }

  #onKey(key: KeyPress): void {
    const before = this.#state.place
    const pressed = press(this.#state, key, this.#shown ? rowKeys(this.#state, this.#shown) : [])
    if (pressed === 'quit') {
      this.#options.onQuit(this)
      return
    }
    this.#state = pressed
    if (pressed.place !== before) this.#readRecords()
    this.#draw()
  }

  /** Of the partition that is looked at, if one is. */
  #readRecords(): void {
    const { place } = this.#state
    if (place.kind !== 'partition' || this.#reading) return
    const of = `${place.topic}/${place.partition}`
    const { newest, anonymize } = this.#options
    this.#reading = true
    const take = (found: Records): void => {
      this.#records = { of, found }
    }
    newest(place, this.#world.rows())
      .then(
        (records) => take({ records: anonymize ? records.map(anonymousRecord) : records, trouble: undefined }),
        (error: unknown) => take({ records: undefined, trouble: messageOf(error) }),
      )
      .finally(() => {
        this.#reading = false
        this.#draw()
      })
  }

  get #recentlyAnnounced(): string | undefined {
    const { line, atMs = -Infinity } = this.#announced ?? {}
    return performance.now() - atMs < ANNOUNCED_MS ? line : undefined
  }

  #draw(): void {
    const { title, footer, supervised } = this.#options
    const columns = this.#world.columns()
    const { place } = this.#state
    const at = place.kind === 'partition' ? `${place.topic}/${place.partition}` : undefined
    const shown = this.#shown
    if (!shown) {
      this.#screen.draw([this.#palette.bold(title), '', 'Asking the brokers'])
      return
    }
    this.#screen.draw(
      frameLines(this.#state, shown, {
        ...{ columns, rows: this.#world.rows(), palette: this.#palette, symbols: symbolsFor(this.#world.env) },
        ...{ title, footer, notes: this.#notes, announced: this.#recentlyAnnounced },
        supervised: supervised?.() ?? new Map<string, Supervised>(),
        records: at !== undefined && this.#records?.of === at ? this.#records.found : undefined,
      }),
    )
  }
}
