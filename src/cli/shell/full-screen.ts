import { emitKeypressEvents, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { World } from './world.ts'

/** A key as Node's `readline` names it. */
export interface KeyPress {
  readonly name?: string | undefined
  readonly sequence?: string | undefined
  readonly ctrl?: boolean | undefined
  readonly meta?: boolean | undefined
}

export interface FullScreenEvents {
  readonly onKey: (key: KeyPress) => void
  /** All of it is to be drawn again: the terminal has another size, or the process goes on after it was stopped. */
  readonly onRedraw: () => void
}

const ESCAPE = '\u001B['
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}2J`
const LEAVE = `${ESCAPE}?25h${ESCAPE}?1049l`
/** A terminal that knows these shows what is between them at once; the others ignore them. */
const [TOGETHER, SHOWN] = [`${ESCAPE}?2026h`, `${ESCAPE}?2026l`]
/** How long it may take until a process that stops itself has stopped. */
const STOP_MS = 50

/** A key that is Escape alone is told from the beginning of another one by what comes within this time; Node waits for half a second. */
const briefEscape = { escapeCodeTimeout: 50 } as unknown as Interface

type Terminal = Readable & { readonly isRaw?: boolean; setRawMode?: (raw: boolean) => unknown }

/**
 * The whole terminal behind stderr: its other screen, drawn line by line as they change, and the keys of stdin. Whatever ends the process
 * (its end, a crash, SIGTERM) or stops it (Ctrl-Z, SIGTSTP) leaves the terminal as it was before.
 */
export class FullScreen {
  readonly #world: World
  readonly #events: FullScreenEvents
  readonly #forget: () => void
  #lines: readonly string[] = []
  #isOpen = false
  #continuing: NodeJS.Timeout | undefined

  constructor(world: World, events: FullScreenEvents) {
    this.#world = world
    this.#events = events
    this.#forget = world.atForcedExit(() => this.#leave())
    if (process.platform !== 'win32') {
      process.on('SIGTSTP', this.#suspend)
      process.on('SIGCONT', this.#resume)
    }
    world.stderr.on('resize', this.#redraw)
    this.#enter()
  }

  /** Shows these lines, cut to the terminal before; only those that have changed are written. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return
    const shown = lines.slice(0, this.#world.rows())
    const rows = Array.from({ length: Math.max(shown.length, this.#lines.length) }, (_, i) => i)
    const changed = rows.filter((i) => shown[i] !== this.#lines[i])
    this.#lines = shown
    if (changed.length === 0) return
    const written = changed.map((i) => `${ESCAPE}${i + 1};1H${shown[i] ?? ''}${ESCAPE}0m${ESCAPE}K`)
    this.#world.stderr.write(`${TOGETHER}${written.join('')}${SHOWN}`)
  }

  end(): void {
    clearTimeout(this.#continuing)
    this.#leave()
    this.#forget()
    process.off('SIGTSTP', this.#suspend)
    process.off('SIGCONT', this.#resume)
    this.#world.stderr.off('resize', this.#redraw)
  }

  #enter(): void {
    const { stdin, stderr } = this.#world
    this.#isOpen = true
    this.#lines = []
    stderr.write(ENTER)
    if (!this.#readsKeys) return
    emitKeypressEvents(stdin, briefEscape)
    ;(stdin as Terminal).setRawMode?.(true)
    stdin.on('keypress', this.#pressed)
    stdin.resume()
  }

  #leave(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const { stdin, stderr } = this.#world
    stderr.write(LEAVE)
    if (!this.#readsKeys) return
    stdin.off('keypress', this.#pressed)
    ;(stdin as Terminal).setRawMode?.(false)
    stdin.pause()
  }

  get #readsKeys(): boolean {
    return this.#world.isTTY.stdin
  }

  readonly #pressed = (_: string | undefined, key: KeyPress): void => {
    // what a terminal does with these while no program reads its keys
    if (key.ctrl && key.name === 'c') process.kill(process.pid, 'SIGINT')
    else if (key.ctrl && key.name === '\\') process.kill(process.pid, 'SIGQUIT')
    else if (key.ctrl && key.name === 'z') this.#suspend()
    else if (key.ctrl && key.name === 'l') this.#redraw()
    else this.#events.onKey(key)
  }

  /** Stops the process as if nobody had listened. Where nothing can continue it, it is not stopped, and goes on at once. */
  readonly #suspend = (): void => {
    this.#leave()
    process.off('SIGTSTP', this.#suspend)
    process.kill(process.pid, 'SIGTSTP')
    this.#continuing = setTimeout(this.#resume, STOP_MS)
  }

  readonly #resume = (): void => {
    clearTimeout(this.#continuing)
    if (!process.listeners('SIGTSTP').includes(this.#suspend)) process.on('SIGTSTP', this.#suspend)
    // the terminal tells its size to the job in its foreground only: another one that it has had since is not known yet
    process.kill(process.pid, 'SIGWINCH')
    if (!this.#isOpen) this.#enter()
    this.#redraw()
  }

  readonly #redraw = (): void => {
    if (!this.#isOpen) return
    this.#lines = []
    this.#world.stderr.write(`${ESCAPE}2J`)
    this.#events.onRedraw()
  }
}
