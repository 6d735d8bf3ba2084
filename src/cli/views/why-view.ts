import type { Explanation } from '../../app/why/why.ts'
import { durationText } from '../../duration-text.ts'
import { formatNumber } from '../shell/format-number.ts'
import type { Palette } from '../shell/output.ts'
import { wrapped } from './wrapped.ts'

/** How far behind it is, then each reason with its figures and what to run next: sentences in lines of at most `width`, a command as it is to be copied. */
export function whyLines(
  { worker, view, seconds, findings, ...rates }: Explanation,
  palette: Palette,
  width: number,
): string[] {
  const painted = (text: string, paint: (line: string) => string): string[] => wrapped(text, width, '').map(paint)
  const { lag, lagSeconds, unknownPartitions } = view
  const far = findings.some(({ kind }) => kind === 'topic-missing') ? 'cannot be measured' : lag === 0 && unknownPartitions === 0 ? 'has nothing left to read' : `is ${unknownPartitions > 0 ? 'at least ' : ''}${formatNumber(lag)} ${lag === 1 ? 'record' : 'records'}${lagSeconds === null ? '' : ` (${durationText(lagSeconds)})`} behind` // prettier-ignore
  const rate = (value: number | null): string => (value === null ? '–' : formatNumber(value))
  const measured = `watched for ${Math.round(seconds)} s: ${rate(rates.arrivingPerSecond)} records a second came, ${rate(rates.processedPerSecond)} were processed` // prettier-ignore
  if (findings.length === 0)
    return [...painted(`${worker} ${far}; nothing holds it up`, palette.green), ...painted(measured, palette.dim)]
  return [
    ...painted(`${worker} ${far}`, palette.yellow),
    ...painted(measured, palette.dim),
    ...findings.flatMap(({ text, evidence, command }) => [
      '',
      ...painted(text, palette.bold),
      ...wrapped(evidence, width - 2, '').map((line) => `  ${line}`),
      `  → ${command}`,
    ]),
  ]
}
