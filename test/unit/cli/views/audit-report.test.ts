import { expect, test } from 'vitest'
import type { WorkerAudit } from '../../../../src/app/audit/worker-audit.ts'
import { failOnDifference, reportLines } from '../../../../src/cli/views/audit-report.ts'
import { failureOf } from '../../../../src/cli/shell/report-error.ts'

const same = (text: string): string => text
const palette = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

const audited = (changes: Partial<WorkerAudit> = {}): WorkerAudit => ({
  ...{ worker: 'aggregated-revenue', inputs: 1_200, expected: 1_199, actual: 1_199, deadLetters: 1 },
  ...{ missing: 0, unexpected: 0, disordered: 0, unjudged: 0, limited: 0, differences: [], ...changes },
})
const report = (...workers: WorkerAudit[]) => ({
  ok: workers.every(({ missing, unexpected, disordered }) => missing + unexpected + disordered === 0),
  workers,
})
const place = { topic: 'aggregated_revenue', partition: 2 }

test('a right report is a table and a verdict, and no failure', () => {
  expect(reportLines(report(audited()), palette)).toEqual([
    'worker              inputs  expected  actual  missing  unexpected  dead letters',
    'aggregated-revenue   1,200     1,199   1,199        0           0             1',
    '',
    'right: 1,200 inputs, 0 lost, 0 twice',
  ])
  expect(() => failOnDifference(report(audited()))).not.toThrow()
})

test('a difference shows where it is, what was expected and found, and in which field they differ', () => {
  const wrong = audited({
    ...{ missing: 1, unexpected: 1 },
    differences: [
      {
        ...{ ...place, offset: 17, expected: '{"user_id":7,"total":1.10}', found: '{"user_id":7,"total":1.11}' },
        input: { topic: 'orders', partition: 0, offset: 9 },
      },
    ],
  })
  const lines = reportLines(report(wrong), palette)
  expect(lines.slice(3)).toEqual([
    'aggregated-revenue, the first differences:',
    '  aggregated_revenue/2 offset 17: not as it must be, in total',
    '    expected  {"user_id":7,"total":1.10}',
    '    found     {"user_id":7,"total":1.11}',
    '    from      orders/0 offset 9',
    '',
    'wrong: 1,200 inputs, 1 lost, 1 twice',
  ])
})

test('what is missing, too much or in another order is called so', () => {
  const differences = [
    { ...place, offset: null, expected: 'a', found: null },
    { ...place, offset: 3, expected: null, found: 'b\u001b[2J', note: 'no input gives it' },
    { ...place, partition: null, offset: null, expected: null, found: null, note: 'another order' },
  ]
  const lines = reportLines(report(audited({ missing: 1, unexpected: 1, disordered: 1, differences })), palette)
  expect(lines.slice(4)).toEqual([
    '  aggregated_revenue/2: missing',
    '    expected  a',
    '  aggregated_revenue/2 offset 3: too much',
    '    found     b␛[2J',
    '    because   no input gives it',
    '  aggregated_revenue',
    '    because   another order',
    '',
    'wrong: 1,200 inputs, 1 lost, 1 twice, 1 out of order',
  ])
  expect(lines[0]).toMatch(/out of order$/)
})

test('only the first differences are shown, and how to see more', () => {
  const differences = Array.from({ length: 8 }, (_, offset) => ({ ...place, offset, expected: null, found: 'x' }))
  const lines = reportLines(report(audited({ unexpected: 8, differences })), palette)
  expect(lines.filter((line) => line.includes('too much'))).toHaveLength(5)
  expect(lines).toContain('  more of them with --json (3)')
})

test('after faults the last line is their sum', () => {
  expect(reportLines(report(audited()), palette, 87).at(-1)).toBe('87 faults, 0 lost, 0 twice')
})

test('what is not judged, and a worker that has not run, are said', () => {
  const lines = reportLines(report(audited({ unjudged: 4, limited: 2 }), audited({ worker: 'b', inputs: 0 })), palette)
  expect(lines).toContain('aggregated-revenue is running: 4 of its events are newer than its committed offsets')
  expect(lines).toContainEqual(expect.stringContaining('the order of the records of 2 keys is not known'))
  expect(lines).toContain('b has processed nothing yet')
})

test('a difference ends with exit code 4 and names its workers', () => {
  let error: unknown
  try {
    failOnDifference(report(audited({ missing: 2 }), audited({ worker: 'right' })))
  } catch (thrown) {
    error = thrown
  }
  expect(failureOf(error)).toMatchObject({ exitCode: 4, code: 'DIFFERENCE' })
  expect(failureOf(error).message).toContain('aggregated-revenue: 2 missing, 0 unexpected')
  expect(failureOf(error).message).not.toContain('right')
})
