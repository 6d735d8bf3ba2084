import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import type { TailRecord, Verdict, WorkerView } from '../../../app/monitor/model.ts'
import { isBehind, NOTICEABLE_LAG } from '../../../app/monitor/verdict.ts'
import type { Shown } from '../../../app/overview/follow.ts'
import { durationText } from '../../../duration-text.ts'
import { groupOf } from '../../../pipeline/events/topics.ts'
import { formatCount, formatNumber } from '../../shell/format-number.ts'
import type { Palette } from '../../shell/output.ts'
import { partitionColumns, recordColumns, topicColumns, workerColumns, type ColumnOptions, type Supervised } from './columns.ts' // prettier-ignore
import { clockText, percent } from './figures.ts'
import { fitTable, type Column } from './fit-table.ts'
import { helpLines } from './help.ts'
import { keyOfPartition, partitionRows, recordRows, workerRows } from './rows.ts'
import type { TopState } from './state.ts'
import type { Symbols } from './symbols.ts'

/** What is known of the newest records of the partition that is looked at. */
export interface Records {
  readonly records: readonly TailRecord[] | undefined
  /** Why there are none. */
  readonly trouble: string | undefined
}

export interface FrameOptions {
  readonly columns: number
  readonly rows: number
  readonly palette: Palette
  readonly symbols: Symbols
  /** What is drawn: `payflow top`. */
  readonly title: string
  /** The last line: which keys there are. */
  readonly footer: string
  /** What has happened last; the newest is the last. */
  readonly notes: readonly string[]
  /** What is to be seen now, whatever else is: it takes the place of the footer. */
  readonly announced?: string | undefined
  readonly supervised?: ReadonlyMap<string, Supervised>
  readonly records?: Records | undefined
}

/** From this width on there is room for words. */
const WIDE = 120

const paintOf = ({ red, yellow, green, cyan }: Palette, level: Verdict['level']) =>
  ({ bad: red, warning: yellow, ok: green, info: cyan })[level]
const marks = { bad: '!! ', warning: '! ', ok: '', info: '' } as const

/** Keys of the rows that can be chosen, in the order in which they are shown. */
export function rowKeys(state: TopState, { overview }: Pick<Shown, 'overview'>): string[] {
  const { place, filter, sort } = state
  const workers = overview?.workers ?? []
  if (place.kind === 'workers') return workerRows(workers, filter, sort).map(({ worker }) => worker)
  if (place.kind === 'partition') return []
  const worker = workers.find((each) => each.worker === place.worker)
  return worker ? partitionRows(worker, filter, sort).map(keyOfPartition) : []
}

/** The whole screen: as many lines as there are rows at most, none wider than it. */
export function frameLines(state: TopState, shown: Shown, options: FrameOptions): string[] {
  const { columns, rows, palette, symbols } = options
  const cut = (line: string): string => cliTruncate(symbols.text(line), columns, { truncationCharacter: symbols.cut })
  const head = [titleLine(state, shown, options), cut(factsLine(state, shown, options))]
  const bottom = cut(footerLine(state, options))
  const room = rows - head.length - 1
  const body = state.help ? helpLines(palette) : bodyLines(state, shown, options)
  // what is old looks old
  const aged = shown.silentSeconds === 0 || state.help ? body : body.map((line) => palette.dim(withoutColor(line)))
  const cutBody = aged.slice(0, room).map(cut)
  const filled = [...cutBody, ...Array.from({ length: Math.max(0, room - cutBody.length) }, () => '')]
  return [...head, ...withNotes(filled, cutBody.length, options), bottom].slice(0, rows)
}

/** The last things that happened, where there is room above the footer. */
function withNotes(
  lines: readonly string[],
  used: number,
  { notes, columns, symbols, palette }: FrameOptions,
): string[] {
  const room = lines.length - used - 1
  const shown = room < 1 ? [] : notes.slice(-Math.min(room, 5))
  const cut = shown.map((note) =>
    palette.dim(cliTruncate(symbols.text(note), columns, { truncationCharacter: symbols.cut })),
  )
  return [...lines.slice(0, lines.length - shown.length), ...cut]
}

function titleLine({ place }: TopState, { verdict, nowMs }: Shown, options: FrameOptions): string {
  const { palette, symbols, title, columns } = options
  const path = [
    title,
    ...(place.kind === 'workers' ? [] : [place.worker]),
    ...(place.kind === 'partition' ? [`${place.topic}/${place.partition}`] : []),
  ].join(symbols.into)
  const clock = clockText(nowMs)
  const said = symbols.text(`${marks[verdict.level]}${verdict.text}`)
  const room = columns - stringWidth(path) - 2
  const text = cliTruncate(said, Math.max(0, room), { truncationCharacter: symbols.cut })
  const space = room - stringWidth(text) - clock.length - 1
  return `${palette.bold(path)}  ${paintOf(palette, verdict.level)(text)}${space > 0 ? `${' '.repeat(space)} ${palette.dim(clock)}` : ''}` // prettier-ignore
}

function factsLine(
  { intervalMs, paused, filter, typing, sort }: TopState,
  shown: Shown,
  options: FrameOptions,
): string {
  const { overview, silentSeconds, verdict } = shown
  const { palette } = options
  const age = overview && silentSeconds !== 0 ? [`figures ${durationText((shown.nowMs - overview.atMs) / 1000)} old`] : [] // prettier-ignore
  const isAsked = verdict.level === 'bad' || verdict.level === 'warning'
  const before = age.map((fact) => palette.dim(`${fact} · `))
  const command = isAsked ? [`see ${verdict.command}`] : []
  const facts = [
    ...(overview ? [formatCount(overview.brokers.length, 'broker')] : []),
    ...(paused ? ['PAUSED'] : [`every ${intervalMs / 1000} s`]),
    ...(overview && overview.read < 1 ? [`counting, ${percent(overview.read)} read`] : []),
    ...(sort === 'worst' ? [] : [`by ${sort}`]),
    ...(filter === '' || typing !== undefined ? [] : [`filter /${filter}`]),
  ]
  const after = palette.dim(`${isAsked ? ' · ' : ''}${facts.join(' · ')}`)
  return [...before, ...command, after].join('')
}

function footerLine({ typing }: TopState, { palette, footer, announced }: FrameOptions): string {
  if (typing !== undefined) return `/${typing}_  ${palette.dim('enter: filter  esc: leave it  !text: all others')}`
  return announced === undefined ? palette.dim(footer) : palette.bold(announced)
}

function bodyLines(state: TopState, shown: Shown, options: FrameOptions): string[] {
  const { overview } = shown
  if (!overview) return ['', `Nothing is known yet${shown.trouble === null ? '' : `: ${shown.trouble}`}`]
  const { place } = state
  if (place.kind === 'workers') return mainLines(state, shown, options)
  const worker = overview.workers.find((each) => each.worker === place.worker)
  if (!worker) return ['', `Nothing is known of ${place.worker}`]
  return place.kind === 'worker' ? workerLines(state, worker, shown, options) : recordLines(state, options)
}

const columnOptions = ({ overview }: Shown, { symbols, supervised, columns }: FrameOptions): ColumnOptions => ({
  ...{ symbols, wide: columns >= WIDE, past: overview?.past ?? new Map() },
  supervised: supervised ?? new Map(),
})

function mainLines(state: TopState, shown: Shown, options: FrameOptions): string[] {
  const { overview } = shown
  const { rows } = options
  const own = columnOptions(shown, options)
  const workers = workerRows(overview!.workers, state.filter, state.sort)
  const above = tableLines(workerColumns(own), workers, options, { keyOf: ({ worker }) => worker, selected: state.selected, levelOf }) // prettier-ignore
  const topics = tableLines(topicColumns(own), overview!.topics, options, {
    levelOf: ({ leaderless, underReplicated }) => leaderless > 0 ? 'bad' : underReplicated > 0 ? 'warning' : 'ok', // prettier-ignore
  })
  const brokers = overview!.brokers.map(({ id, address, controller, leads }) => `  broker ${id}  ${address}  leads ${formatCount(leads, 'partition')}${controller ? ', controller' : ''}`) // prettier-ignore
  const lines = ['', ...above, '', ...topics]
  return lines.length + brokers.length + 6 < rows ? [...lines, '', ...brokers] : lines
}

function workerLines(state: TopState, worker: WorkerView, shown: Shown, options: FrameOptions): string[] {
  const { symbols } = options
  const own = columnOptions(shown, options)
  const totals = new Map<string, number>()
  for (const { topic, lag } of worker.partitions) totals.set(topic, (totals.get(topic) ?? 0) + (lag ?? 0))
  const partitions = partitionRows(worker, state.filter, state.sort)
  const members = worker.members === null ? symbols.unknown : formatCount(worker.members, 'member')
  const rate = worker.perSecond === null ? symbols.unknown : formatNumber(worker.perSecond)
  const processes = worker.processes.map(({ pid, startedMs, restarts, supervised, reportedMs }) => {
    const up = durationText((shown.nowMs - startedMs) / 1000)
    const told = reportedMs === null ? 'sends no reports' : `last report ${durationText(Math.max(0, shown.nowMs - reportedMs) / 1000)} ago` // prettier-ignore
    return `  process ${pid}, up ${up}, ${formatCount(restarts, 'restart')}${supervised ? '' : ', started by hand'}, ${told}`
  })
  const table = tableLines(partitionColumns(worker, totals, own), partitions, options, {
    ...{ keyOf: keyOfPartition, selected: state.selected },
    levelOf: ({ lag }) => (lag === null ? 'bad' : 'ok'),
  })
  return [
    `  ${worker.inputs.join(', ')} → ${worker.output ?? symbols.unknown}`,
    `  group ${groupOf(worker.worker)}  ${worker.state}, ${members}  lag ${formatNumber(worker.lag)}  ${rate} records/s`, // prettier-ignore
    ...(worker.undecided > 0 ? [`  ${formatNumber(worker.undecided)} more wait behind an open transaction`] : []),
    ...(processes.length > 0 ? processes : ['  no process known on this machine']),
    '',
    ...table,
  ]
}

function recordLines(state: TopState, options: FrameOptions): string[] {
  const { records, symbols } = options
  if (records?.trouble !== undefined) return ['', `  These records cannot be read: ${records.trouble}`]
  if (records?.records === undefined) return ['', '  Reading…']
  const rows = recordRows(records.records, state.filter)
  if (rows.length === 0) return ['', records.records.length === 0 ? '  No records' : '  No record passes the filter']
  const own = { symbols, wide: false, past: new Map(), supervised: new Map() }
  return ['', ...tableLines(recordColumns(own), rows, options, {})]
}

interface Rows<Row> {
  /** Absent: no row can be chosen. */
  readonly keyOf?: (row: Row) => string
  readonly selected?: string | undefined
  /** Absent: all is well with all of them. */
  readonly levelOf?: (row: Row) => Verdict['level']
}

function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { columns: width, symbols, palette }: FrameOptions,
  { keyOf, selected, levelOf: level = () => 'ok' }: Rows<Row>,
): string[] {
  const { head, lines, firstWidth } = fitTable(columns, rows, {
    width: width - 2,
    gap: width >= WIDE ? 2 : 1,
    cut: symbols.cut,
  })
  const keys = rows.map((row) => keyOf?.(row))
  const chosen = selected !== undefined && keys.includes(selected) ? selected : keys[0]
  return [
    palette.dim(`  ${head}`),
    ...lines.map((line, i) => {
      const isChosen = keys[i] !== undefined && keys[i] === chosen
      const marked = `${isChosen ? symbols.marker : ' '} ${line}`
      const painted = paintRow(marked, firstWidth + 2, level(rows[i]!), palette)
      return isChosen ? palette.bold(painted) : painted
    }),
  ]
}

/** Colour is for what is wrong. Figures in yellow cannot be read on a light background, so that only a name is yellow. */
function paintRow(line: string, nameWidth: number, level: Verdict['level'], { red, yellow }: Palette): string {
  if (level === 'bad') return red(line)
  return level === 'warning' ? yellow(line.slice(0, nameWidth)) + line.slice(nameWidth) : line
}

function levelOf(worker: WorkerView): Verdict['level'] {
  if (!worker.running) return worker.lag > 0 ? 'bad' : 'info'
  return isBehind(worker) || worker.undecided >= NOTICEABLE_LAG ? 'warning' : 'ok'
}

const withoutColor = (line: string): string => line.replaceAll(/\u001B\[\d+m/g, '')
