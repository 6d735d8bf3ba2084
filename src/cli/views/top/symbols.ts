import type { LagPoint } from '../../../app/monitor/trend.ts'

/** What a terminal can show. */
export interface Symbols {
  readonly bars: readonly string[]
  readonly trend: Readonly<Record<'growing' | 'draining' | 'steady', string>>
  readonly unknown: string
  readonly atLeast: string
  readonly marker: string
  readonly into: string
  readonly cut: string
  /** A line of text with nothing that the terminal lacks. */
  readonly text: (line: string) => string
}

const unicode: Symbols = {
  bars: '▁,▂,▃,▄,▅,▆,▇,█'.split(','),
  trend: { growing: '↑', draining: '↓', steady: '→' },
  unknown: '–',
  atLeast: '≥',
  marker: '›',
  into: ' › ',
  cut: '…',
  text: (line) => line,
}

const plain: Readonly<Record<string, string>> = { '→': '->', '·': '|', '…': '~', '–': '-', '•': '*' }

const ascii: Symbols = {
  bars: '_,.,-,=,+,*,#,@'.split(','),
  trend: { growing: '^', draining: 'v', steady: '=' },
  unknown: '-',
  atLeast: '>=',
  marker: '>',
  into: ' > ',
  cut: '~',
  text: (line) => line.replaceAll(/[→·…–•]/g, (symbol) => plain[symbol]!),
}

/** Not where the terminal is the console of Linux, or its locale says that it has letters alone. */
export function isUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '') ?? 'utf-8'
  return env.TERM !== 'linux' && /utf-?8/i.test(locale)
}

export const symbolsFor = (env: NodeJS.ProcessEnv): Symbols => (isUnicode(env) ? unicode : ascii)

interface SparklineOptions {
  readonly overMs?: number
  /** What the highest bar stands for at least: below it, ups and downs mean nothing. */
  readonly least?: number
}

/** Lags of the last minute as bars, the newest on the right; the highest bar is the greatest of them, and a blank is not known. */
export function sparkline(
  points: readonly LagPoint[],
  { bars }: Symbols,
  width: number,
  { overMs = 60_000, least = 1 }: SparklineOptions = {},
): string {
  const last = points.at(-1)
  if (!last) return ' '.repeat(width)
  const slots: (number | undefined)[] = Array.from({ length: width }, () => undefined)
  for (const { atMs, lag } of points) {
    const slot = width - 1 - Math.floor(((last.atMs - atMs) / overMs) * width)
    if (slot >= 0) slots[slot] = Math.max(slots[slot] ?? 0, lag)
  }
  const highest = Math.max(least, ...slots.map((lag) => lag ?? 0))
  const bar = (lag: number): string => bars[Math.round((lag / highest) * (bars.length - 1))]!
  return slots.map((lag) => (lag === undefined ? ' ' : bar(lag))).join('')
}
