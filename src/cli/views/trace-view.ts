import { visible } from '../../visible-text.ts'
import type { Trace } from '../../app/trace/trace.ts'
import type { OrderStep } from '../../app/dashboard/model.ts'
import { formatNumber } from '../shell/format-number.ts'
import type { Palette } from '../shell/output.ts'
import { timeText } from './dead-letter-view.ts'
import { fitTable, type Column } from './top/fit-table.ts'

/** ms as a table shows them, with a sign: a payment may have been written before its order. */
const afterText = (ms: number | null): string =>
  ms === null ? '-' : `${ms < 0 ? '-' : '+'}${formatNumber(Math.abs(ms))} ms`

const where = ({ topic, partition, offset }: OrderStep): string => `${topic}/${partition}@${offset}`

/** From this width on there is room for the day in each line. */
const WIDE = 120
const DAY = '2026-01-01'
const dayOf = (atMs: number | null): string => timeText(atMs ?? -1).slice(0, DAY.length)

/** A timeline, then why it is where it is. `width`: of the terminal; lines are cut there. */
export function traceLines(trace: Trace, { width, palette }: { width: number; palette: Palette }): string[] {
  const { orderId, paymentId, userId, records, findings, searched, ms, outcome, outOfTime } = trace
  const { bold, dim, yellow } = palette
  const user = userId === null ? '' : ` of user ${userId}`
  // where a line has no room for the day it stands above them
  const isNarrow = width < WIDE && new Set(records.map(({ atMs }) => dayOf(atMs))).size === 1
  const written = (text: string): string => (isNarrow ? text.slice(DAY.length + 1, -1) : text)
  const columns: Column<[OrderStep, number]>[] = [
    {
      title: isNarrow ? 'written (UTC)' : 'written',
      cell: ([{ atMs }]) => (atMs === null ? '-' : written(timeText(atMs))),
    },
    { title: 'after order', cell: ([{ sinceOrderMs }]) => afterText(sinceOrderMs), right: true },
    { title: 'step', cell: ([{ atMs }, i]) => afterText(i === 0 || atMs === null ? null : atMs - (records[i - 1]!.atMs ?? atMs)), right: true, spare: 1 }, // prettier-ignore
    { title: 'where', cell: ([step]) => where(step) },
    { title: 'by', cell: ([{ writer }]) => writer },
    { title: 'record', cell: ([{ value }]) => visible(value ?? '(null)'), shrinksTo: 10 },
  ]
  const rows = records.map((step, i): [OrderStep, number] => [step, i])
  const { head, lines } = fitTable(columns, rows, { width })
  const read = searched.reduce((sum, each) => sum + each.records, 0)
  return [
    `${bold(`Order ${orderId}`)}${user}: ${bold(outcome)}`,
    ...(isNarrow ? [dayOf(records[0]!.atMs)] : []),
    ...(paymentId === null ? [] : [`${paymentId} is a payment for it`]),
    '',
    ...(rows.length === 0 ? ['No topic holds a record of it that can be read'] : [dim(head), ...lines]),
    ...(findings.length === 0 ? [] : ['']),
    ...findings.flatMap(({ text, command }) => [yellow(visible(text)), ...(command === null ? [] : [`${dim('→')} ${command}`])]),
    '',
    dim(`${searched.length} partitions, ${formatNumber(read)} records looked at in ${formatNumber(ms)} ms${outOfTime ? ', until the time for it was over: there may be more' : ''}`),
  ] // prettier-ignore
}

/** What `--json` shows of it. */
export const traceDocument = ({ records, ...trace }: Trace): object => ({
  ...trace,
  records: records.map(({ event: _, atMs, ...step }) => ({
    ...step,
    timestamp: atMs === null ? null : timeText(atMs),
  })),
})
