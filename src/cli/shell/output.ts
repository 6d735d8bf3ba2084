import type { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import type { Log, LogLevel } from '../../log.ts'
import { visibleLines } from '../../visible-text.ts'
import type { World } from './world.ts'

type Paint = (text: string) => string
export type Palette = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', Paint>>

export interface OutputOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly color?: boolean
}

/** stdout holds results, stderr progress and logs. While something draws on stderr, notes wait for it to end. */
export interface Output {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** stderr may be redrawn. */
  readonly interactive: boolean
  readonly out: Palette
  readonly err: Palette
  /** One line of the result, on stdout. */
  readonly line: (text: string) => void
  /** One JSON value per line, on stdout. */
  readonly document: (value: unknown) => void
  /** The result on stdout: one JSON document with `--json`, else lines. */
  readonly result: (value: unknown, lines: () => readonly string[]) => void
  /** One line of progress, on stderr. */
  readonly note: (text: string) => void
  /** A line that only `--verbose` shows, on stderr. */
  readonly detail: (text: string) => void
  /** Runs `draw` while notes are held back. */
  readonly drawing: <Result>(draw: () => Promise<Result>) => Promise<Result>
}

/** Whether a variable turns something on. */
export const said = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0'

/** NO_COLOR counts when it is not empty, as its convention says. */
export const mayColor = (world: World, stream: 'stdout' | 'stderr', asked = true): boolean =>
  asked && world.isTTY[stream] && (world.env.NO_COLOR ?? '') === '' && world.env.TERM !== 'dumb'

const mayRedraw = ({ env, isTTY, columns }: World): boolean =>
  isTTY.stderr && !said(env.CI) && env.TERM !== 'dumb' && columns() >= 40

const same: Paint = (text) => text
const plain: Palette = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

async function palette(colored: boolean): Promise<Palette> {
  return colored ? new (await import('chalk')).Chalk({ level: 1 }) : plain
}

export const isVerbose = (world: World, { verbose }: OutputOptions): boolean =>
  verbose ?? said(world.env.PAYFLOW_VERBOSE)

/** So many lines wait for the end of a drawing; of more, the last ones. */
const MAX_HELD = 1_000

/** `log`: stderr holds a log and nothing else, so that progress becomes entries of it, and nothing is drawn. */
export async function createOutput(world: World, options: OutputOptions, log?: Log): Promise<Output> {
  const flag = (name: 'json' | 'quiet' | 'verbose'): boolean =>
    options[name] ?? said(world.env[`PAYFLOW_${name.toUpperCase()}`])
  const write = (stream: Writable, text: string): void => void stream.write(`${text}\n`)
  // names of groups, clients and transactions are whatever somebody has chosen
  const shown = (stream: 'stdout' | 'stderr', text: string): string => (world.isTTY[stream] ? visibleLines(text) : text)
  const [quiet, verbose] = [flag('quiet'), flag('verbose')]
  let held: string[] | undefined
  let leftOut = 0
  const note = (text: string): void => {
    if (!held) {
      write(world.stderr, shown('stderr', text))
      return
    }
    held.push(shown('stderr', text))
    if (held.length > MAX_HELD) {
      held.shift()
      leftOut++
    }
  }
  const tell = (level: LogLevel, text: string): void => {
    if (log) log(level, 'note', { message: stripVTControlCharacters(text) })
    else note(text)
  }
  const line = (text: string): void => write(world.stdout, shown('stdout', text))
  const document = (value: unknown): void => write(world.stdout, JSON.stringify(value))
  return {
    json: flag('json'),
    quiet,
    verbose,
    interactive: mayRedraw(world) && !quiet && !log,
    out: await palette(mayColor(world, 'stdout', options.color)),
    err: await palette(mayColor(world, 'stderr', options.color)),
    line,
    document,
    result: (value, lines) => {
      if (flag('json')) document(value)
      else for (const text of lines()) line(text)
    },
    note: (text) => {
      if (!quiet && text !== '') tell('info', text)
      else if (!quiet && !log) note(text)
    },
    detail: (text) => {
      if (verbose) tell('debug', text)
    },
    drawing: async (draw) => {
      const waiting: string[] = (held ??= [])
      try {
        return await draw()
      } finally {
        held = undefined
        if (leftOut > 0) write(world.stderr, `(${leftOut} earlier lines are left out)`)
        leftOut = 0
        for (const text of waiting) write(world.stderr, text)
      }
    },
  }
}

/** How wide a line of results may be; without a terminal, as wide as it is. */
export const lineWidth = ({ isTTY, columns }: Pick<World, 'isTTY' | 'columns'>): number =>
  isTTY.stdout ? columns() : Infinity

const widthOf = (text: string): number => stripVTControlCharacters(text).length

/** A number, or what stands for one that is not known. */
const isFigure = (cell: string | number | undefined): boolean => typeof cell === 'number' || /^[–?-]$/.test(cell ?? '')

/** Rows as lines of aligned columns; columns of numbers are aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)))
  const widths = head.map((title, i) => Math.max(...[title, ...cells.map((row) => row[i] ?? '')].map(widthOf)))
  const right = head.map(
    (_, i) => rows.some((row) => typeof row[i] === 'number') && rows.every((row) => isFigure(row[i])),
  )
  const line = (row: readonly string[]): string =>
    widths
      .map((width, i) => {
        const space = ' '.repeat(width - widthOf(row[i] ?? ''))
        return right[i] ? space + (row[i] ?? '') : (row[i] ?? '') + space
      })
      .join('  ')
      .trimEnd()
  return [head, ...cells].map(line)
}
