import { stripVTControlCharacters } from 'node:util'
import type { World } from './world.ts'

const ESCAPE = '\u001B['
const HIDE_CURSOR = `${ESCAPE}?25l`
const SHOW_CURSOR = `${ESCAPE}?25h`
const ERASE_BELOW = `${ESCAPE}0J`

/** Lines at the bottom of the terminal behind stderr that are drawn again and again in the same place. */
export class Screen {
  readonly #world: World
  readonly #forget: () => void
  #drawn = 0

  constructor(world: World) {
    this.#world = world
    this.#forget = world.atForcedExit(() => world.stderr.write(SHOW_CURSOR))
    world.stderr.write(HIDE_CURSOR)
  }

  draw(lines: readonly string[]): void {
    // One line less than the terminal has, so that nothing scrolls away from under the cursor.
    const shown = lines.slice(0, Math.max(1, this.#world.rows() - 1)).map((line) => fit(line, this.#world.columns()))
    this.#world.stderr.write(`${this.#home()}${shown.map((line) => `${line}\n`).join('')}`)
    this.#drawn = shown.length
  }

  /** Takes the lines away and gives the cursor back. */
  end(): void {
    this.#world.stderr.write(`${this.#home()}${SHOW_CURSOR}`)
    this.#drawn = 0
    this.#forget()
  }

  #home(): string {
    return this.#drawn === 0 ? '' : `${ESCAPE}${this.#drawn}A\r${ERASE_BELOW}`
  }
}

/** A line that is too wide for the terminal would take two: it is cut, and with it its colours. */
const fit = (line: string, columns: number): string =>
  stripVTControlCharacters(line).length < columns ? line : stripVTControlCharacters(line).slice(0, columns - 1)
