import { visible } from '../../visible-text.ts'
import type { Trace } from '../../app/trace/trace.ts'
import type { OrderStep } from '../../app/dashboard/model.ts'
import { formatNumber } from '../shell/format-number.ts'
import { table, type Palette } from '../shell/output.ts'
import { timeText } from './dead-letter-view.ts'

/** ms as a table shows them, with a sign: a payment may have been written before its order. */
const afterText = (ms: number | null): string =>
  ms === null ? '-' : `${ms < 0 ? '-' : '+'}${formatNumber(Math.abs(ms))} ms`

const where = ({ topic, partition, offset }: OrderStep): string => `${topic}/${partition}@${offset}`

/** A timeline, then why it is where it is. `width`: of the terminal; lines are cut there. */
export function traceLines(trace: Trace, { width, palette }: { width: number; palette: Palette }): string[] {
  const { orderId, paymentId, userId, records, findings, searched, ms, outcome, outOfTime } = trace
  const { bold, dim, yellow } = palette
  const user = userId === null ? '' : ` of user ${userId}`
  const rows = records.map((step, i) => [
    timeText(step.atMs ?? -1),
    afterText(step.sinceOrderMs),
    afterText(i === 0 || step.atMs === null ? null : step.atMs - (records[i - 1]!.atMs ?? step.atMs)),
    where(step),
    step.writer,
    visible(step.value ?? '(null)'),
  ])
  const [head = '', ...lines] = table(['written', 'after order', 'step', 'where', 'by', 'record'], rows).map((line) =>
    cut(line, width),
  )
  const read = searched.reduce((sum, each) => sum + each.records, 0)
  return [
    `${bold(`Order ${orderId}`)}${user}: ${bold(outcome)}`,
    ...(paymentId === null ? [] : [`${paymentId} is a payment for it`]),
    '',
    ...(rows.length === 0 ? ['No topic holds a record of it that can be read'] : [dim(head), ...lines]),
    ...(findings.length === 0 ? [] : ['']),
    ...findings.flatMap(({ text, command }) => [yellow(visible(text)), ...(command === null ? [] : [`${dim('→')} ${command}`])]),
    '',
    dim(`${searched.length} partitions, ${formatNumber(read)} records looked at in ${formatNumber(ms)} ms${outOfTime ? ', until the time for it was over: there may be more' : ''}`),
  ] // prettier-ignore
}

const cut = (line: string, width: number): string =>
  line.length > width ? `${line.slice(0, Math.max(width - 1, 1))}…` : line

/** What `--json` shows of it. */
export const traceDocument = ({ records, ...trace }: Trace): object => ({
  ...trace,
  records: records.map(({ event: _, atMs, ...step }) => ({
    ...step,
    timestamp: atMs === null ? null : timeText(atMs),
  })),
})
