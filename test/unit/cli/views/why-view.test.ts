import { expect, test } from 'vitest'
import { whyLines } from '../../../../src/cli/views/why-view.ts'
import { workerView } from '../../../support/looks.ts'

const same = (text: string): string => text
const plain = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

const finding = {
  kind: 'skew',
  text: 'Partition 1 of orders has 78 % of its lag, because of key 7',
  evidence:
    '7,000 records of 9,000 wait there; an even part is 33 %; of its next 5,000 records 3,550 (71 %) have key 7',
  command: 'payflow groups describe payflow-frequent-failed-payments --brokers broker-one.example:9092',
} as const
const explained = { worker: 'a', view: workerView({ lag: 9_000, lagSeconds: 30 }), seconds: 4, arrivingPerSecond: 50, processedPerSecond: 50, findings: [finding] } // prettier-ignore

test('sentences are broken between words, and a command stays in one piece', () => {
  expect(whyLines(explained, plain, 60)).toEqual([
    'a is 9,000 records (30 s) behind',
    'watched for 4 s: 50 records a second came, 50 were processed',
    '',
    finding.text,
    '  7,000 records of 9,000 wait there; an even part is 33 %;',
    '  of its next 5,000 records 3,550 (71 %) have key 7',
    `  → ${finding.command}`,
  ])
})

test('a line has no more columns than there are', () => {
  const lines = whyLines(explained, plain, 40).filter((line) => !line.includes('→'))
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(40)
  expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(finding.evidence)
})
