import { formatNumber } from '../shell/format-number.ts'
import { isRight, type AuditReport } from '../../app/audit/audit.ts'
import type { WorkerAudit } from '../../app/audit/worker-audit.ts'
import { PayflowError } from '../../errors.ts'
import type { Difference } from '../../pipeline/audit/rule.ts'
import { table, type Palette } from '../shell/output.ts'
import { visible } from '../../visible-text.ts'

const SHOWN_DIFFERENCES = 5

const sum = ({ workers }: AuditReport, field: 'inputs' | 'missing' | 'unexpected' | 'disordered'): number =>
  workers.reduce((total, worker) => total + worker[field], 0)

/** "0 lost, 0 twice": what a report comes to. */
function lostAndTwice(report: AuditReport): string {
  const disordered = sum(report, 'disordered')
  const order = disordered > 0 ? `, ${formatNumber(disordered)} out of order` : ''
  return `${formatNumber(sum(report, 'missing'))} lost, ${formatNumber(sum(report, 'unexpected'))} twice${order}`
}

/** The report as a table, with the first differences of each worker below it. `faults`: how many things were broken before. */
export function reportLines(report: AuditReport, palette: Palette, faults?: number): string[] {
  const { workers } = report
  const ordered = workers.every(({ disordered }) => disordered === 0)
  const head = ['worker', 'inputs', 'expected', 'actual', 'missing', 'unexpected', 'dead letters']
  const rows = workers.map((w) => [w.worker, w.inputs, w.expected, w.actual, w.missing, w.unexpected, w.deadLetters])
  return [
    ...(ordered
      ? table(head, rows)
      : table([...head, 'out of order'], rows.map((row, i) => [...row, workers[i]!.disordered]))), // prettier-ignore
    '',
    ...workers.flatMap((worker) => differenceLines(worker, palette)),
    ...workers.flatMap(noteLines),
    verdict(report, palette, faults),
  ]
}

function verdict(report: AuditReport, { green, red, bold }: Palette, faults: number | undefined): string {
  const found = lostAndTwice(report)
  const what = faults === undefined ? `${formatNumber(sum(report, 'inputs'))} inputs, ${found}` : `${formatNumber(faults)} faults, ${found}` // prettier-ignore
  const word = faults === undefined ? (report.ok ? 'right: ' : 'wrong: ') : ''
  return report.ok ? green(`${word}${what}`) : bold(red(`${word}${what}`))
}

/** What else there is to know of a worker whose figures are right. */
function noteLines({ worker, inputs, unjudged, limited }: WorkerAudit): string[] {
  return [
    ...(inputs === 0 ? [`${worker} has processed nothing yet`] : []),
    ...(unjudged > 0 ? [`${worker} is running: ${formatNumber(unjudged)} of its events are newer than its committed offsets`] : []), // prettier-ignore
    ...(limited > 0 ? [`${worker}: the order of the records of ${formatNumber(limited)} ${limited === 1 ? 'key' : 'keys'} is not known; their events lie within the limits of every order`] : []), // prettier-ignore
  ]
}

function differenceLines({ worker, differences }: WorkerAudit, palette: Palette): string[] {
  if (differences.length === 0) return []
  const more = differences.length - SHOWN_DIFFERENCES
  return [
    palette.bold(`${worker}, the first differences:`),
    ...differences.slice(0, SHOWN_DIFFERENCES).flatMap((difference) => oneDifference(difference, palette)),
    ...(more > 0 ? [`  more of them with --json (${formatNumber(more)})`] : []),
    '',
  ]
}

function oneDifference(difference: Difference, { red, green, dim }: Palette): string[] {
  const { topic, partition, offset, expected, found, note, input } = difference
  const where = `${topic}${partition === null ? '' : `/${partition}`}${offset === null ? '' : ` offset ${offset}`}`
  const what = expected === null ? (found === null ? '' : 'too much') : found === null ? 'missing' : 'not as it must be'
  const fields = changedFields(expected, found)
  return [
    `  ${where}${what === '' ? '' : `: ${what}`}${fields.length > 0 ? `, in ${fields.join(', ')}` : ''}`,
    ...(expected === null ? [] : [`    ${dim('expected')}  ${green(visible(expected))}`]),
    ...(found === null ? [] : [`    ${dim('found')}     ${red(visible(found))}`]),
    ...(note === undefined ? [] : [`    ${dim('because')}   ${visible(note)}`]),
    ...(input === undefined
      ? []
      : [`    ${dim('from')}      ${input.topic}/${input.partition} offset ${input.offset}`]),
  ]
}

/** The fields in which two events differ; none when one of them is not an event. */
function changedFields(expected: string | null, found: string | null): string[] {
  const [before, after] = [eventOf(expected), eventOf(found)]
  if (!before || !after) return []
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}

function eventOf(text: string | null): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** @throws PayflowError (difference) that names the workers */
export function failOnDifference({ workers }: AuditReport): void {
  const wrong = workers.filter((worker) => !isRight(worker))
  if (wrong.length === 0) return
  const figures = wrong.map(({ worker, missing, unexpected, disordered }) => {
    const parts = [`${formatNumber(missing)} missing`, `${formatNumber(unexpected)} unexpected`]
    return `${worker}: ${[...parts, ...(disordered > 0 ? [`${formatNumber(disordered)} out of order`] : [])].join(', ')}`
  })
  throw new PayflowError('DIFFERENCE', `The outputs are not what they must be. ${figures.join('; ')}`, {
    kind: 'difference',
    hint: 'see the differences above; a worker that ran with other options needs the same ones here',
  })
}
