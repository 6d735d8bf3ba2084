import { expect, test } from 'vitest'
import { checkLines } from '../../../../src/cli/views/doctor.ts'
import { wrapped } from '../../../../src/cli/views/wrapped.ts'

const same = (text: string): string => text
const plain = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

test('lines are wrapped between words, behind an indent', () => {
  expect(wrapped('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four'])
  expect(wrapped('averylongword b', 5, '')).toEqual(['averylongword', 'b'])
})

test('a finding shows its cause, what was seen and what to do; a sign beside the colour says how bad it is', () => {
  const finding = { severity: 'error', what: 'Topics are missing: payments', evidence: ['the cluster has orders'], hint: 'create them' } as const // prettier-ignore
  expect(checkLines({ name: 'topics', summary: '3 in all', findings: [finding] }, plain, 80)).toEqual([
    '✗ topics        3 in all',
    '  Topics are missing: payments',
    '    the cluster has orders',
    '  → create them',
  ])
  expect(checkLines({ name: 'node', summary: 'Node 20', findings: [] }, plain, 80)).toEqual(['✓ node          Node 20'])
  expect(checkLines({ name: 'clock', summary: 'not known', findings: [], unknown: true }, plain, 80)[0]).toMatch(/^\?/)
  expect(checkLines({ name: 'disk', summary: '', findings: [{ ...finding, severity: 'warning' }] }, plain, 80)[0]).toMatch(/^!/) // prettier-ignore
})
