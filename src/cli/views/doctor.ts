import type { Check, CheckFinding } from '../../check.ts'
import type { Palette } from '../shell/output.ts'
import { wrapped } from './wrapped.ts'

const NAME_WIDTH = 13

const signOf = ({ findings, unknown }: Check): '✓' | '!' | '✗' | '?' => {
  if (findings.some(({ severity }) => severity === 'error')) return '✗'
  if (findings.length > 0) return '!'
  return unknown ? '?' : '✓'
}

/** A check: how it is, and beneath it each finding with what was seen and what to do. */
export function checkLines(check: Check, { red, yellow, green, dim, bold }: Palette, width: number): string[] {
  const sign = signOf(check)
  const paint = { '✓': green, '!': yellow, '✗': red, '?': dim }[sign]
  const [first = '', ...more] = wrapped(check.summary, width - NAME_WIDTH - 3, '')
  const indent = ' '.repeat(NAME_WIDTH + 3)
  const finding = ({ what, evidence, hint }: CheckFinding): string[] => [
    ...wrapped(what, width - 2, '').map((line) => `  ${bold(line)}`),
    ...evidence.flatMap((line) => wrapped(line, width - 4, '  ')).map((line) => `    ${dim(line)}`),
    ...wrapped(`→ ${hint}`, width - 2, '  ').map((line) => `  ${line}`),
  ]
  return [
    `${paint(sign)} ${check.name.padEnd(NAME_WIDTH)} ${first}`,
    ...more.map((line) => indent + line),
    ...check.findings.flatMap(finding),
  ]
}
