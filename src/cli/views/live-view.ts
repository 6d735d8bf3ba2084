import { stripVTControlCharacters } from 'node:util'
import { formatNumber } from '../shell/format-number.ts'
import { NOTICEABLE_LAG } from '../../app/monitor/verdict.ts'
import type { Live } from '../../app/run/live.ts'
import { table, type Palette } from '../shell/output.ts'

const GAP = '    '

const widthOf = (line: string): number => stripVTControlCharacters(line).length

/** One line that says how things are, worst first. */
function verdict({ silentSeconds, processes, snapshot }: Live, { red, yellow, green }: Palette): string {
  if (silentSeconds > 0) return red(`the brokers have not answered for ${silentSeconds} s; these figures are as old`)
  const down = processes.filter(({ state }) => state !== 'running').map(({ worker, state }) => `${worker} ${state}`)
  if (down.length > 0) return red(down.join(', '))
  const behind = snapshot.workers.filter(({ lag }) => lag >= NOTICEABLE_LAG)
  if (behind.length > 0)
    return yellow(behind.map(({ worker, lag }) => `${worker} is ${formatNumber(lag)} behind`).join(', '))
  const held = snapshot.workers.filter(({ undecided }) => undecided >= NOTICEABLE_LAG)
  if (held.length > 0)
    return yellow(`${held.map(({ worker, undecided }) => `${formatNumber(undecided)} records of ${worker}`).join(', ')} wait behind an open transaction`) // prettier-ignore
  return green('everything keeps up')
}

/** The live view: what a terminal of this width shows of a run. `note` is the last thing that happened. */
export function liveLines(
  live: Live,
  { columns, note, palette }: { columns: number; note: string; palette: Palette },
): string[] {
  const { bold, dim } = palette
  const { snapshot, processes, seconds } = live
  const states = new Map(processes.map((process) => [process.worker, process]))
  const topics = table(
    ['topic', 'records', 'per s'],
    snapshot.topics.map(({ topic, records, perSecond }) => [topic, records, Math.round(perSecond)]),
  )
  const workers = table(
    ['worker', 'lag', 'restarts', 'state'],
    snapshot.workers.map(({ worker, lag }) => {
      const process = states.get(worker)
      return [worker, lag, process?.restarts ?? 0, process?.state ?? '-']
    }),
  )
  const head = ([title = '', ...rows]: string[]): string[] => [dim(title), ...rows]
  const beside = sideBySide(head(topics), head(workers))
  const body = beside.every((line) => widthOf(line) < columns) ? beside : [...head(topics), '', ...head(workers)]
  return [
    `${bold('payflow')}  ${formatNumber(seconds)} s  ${verdict(live, palette)}`,
    '',
    ...body,
    '',
    ...(note === '' ? [] : [note]),
    dim('Ctrl-C stops'),
  ]
}

function sideBySide(left: readonly string[], right: readonly string[]): string[] {
  const width = Math.max(...left.map(widthOf))
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const line = left[i] ?? ''
    return `${line}${' '.repeat(width - widthOf(line))}${GAP}${right[i] ?? ''}`.trimEnd()
  })
}

/** The same in one line, for logs. */
export function plainLine({ snapshot, processes, seconds, silentSeconds }: Live): string {
  const topics = snapshot.topics.map(({ topic, records, perSecond }) => `${topic} ${formatNumber(records)} (${formatNumber(perSecond)}/s)`) // prettier-ignore
  const lag = snapshot.workers.reduce((sum, worker) => sum + worker.lag, 0)
  const restarts = processes.reduce((sum, process) => sum + process.restarts, 0)
  const silent = silentSeconds > 0 ? `; brokers silent for ${silentSeconds} s` : ''
  return `${formatNumber(seconds)} s: ${topics.join(', ')}; lag ${formatNumber(lag)}, restarts ${restarts}${silent}`
}
