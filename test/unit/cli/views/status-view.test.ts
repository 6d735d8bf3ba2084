import { expect, test } from 'vitest'
import { statusLines } from '../../../../src/cli/views/status-view.ts'
import { clusterOf, partitionView, shown, workerView } from '../../../support/looks.ts'

const same = (text: string): string => text
const plain = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }
const topic = { topic: 'orders', partitions: 3, records: 1_234_567, perSecond: 49.6, leaderless: 0, underReplicated: 0 }
const everything = shown({
  brokers: [{ id: 0, address: '127.0.0.1:9092', controller: true, leads: 30 }],
  topics: [topic, { ...topic, topic: 'payments', records: null, perSecond: null, leaderless: 1, underReplicated: 2 }],
  workers: [
    workerView({ worker: 'large-orders', lag: 12_345_678, unknownPartitions: 1, partitions: [partitionView(), partitionView({ lag: null })], lagSeconds: null, restarts: 3 }), // prettier-ignore
    workerView({ worker: 'frequent-failed-payments', lag: 7, partitions: [partitionView({ lag: 7 })], tasks: [{ partition: 0, phase: 'restoring', pid: 1, restoreLeft: 123_456 }] }), // prettier-ignore
  ],
})

test('figures stand under each other, even where some are not known', () => {
  const all = statusLines(everything, plain)
  expect(all.slice(6, 9)).toEqual([
    'topic       records  records/s  partitions',
    'orders    1,234,567         50           3',
    'payments          –          –           3  1 without a leader, 2 under-replicated',
  ])
  expect(all.slice(10)).toEqual([
    'worker                    state                   lag  behind  records/s  members  restarts',
    'large-orders              running         ≥12,345,678       –         50        1         3',
    'frequent-failed-payments  restoring 123k            7     0 s         50        1         –',
  ])
})

test('in a terminal nothing is wider than it, and the figures that matter most stay', () => {
  for (const width of [60, 80, 100])
    for (const line of statusLines(everything, plain, width)) expect(line.length, line).toBeLessThanOrEqual(width)
  const [head, first] = statusLines(everything, plain, 80).slice(10)
  expect(head).toMatch(/^worker .* lag .* behind .*records\/s {2}restarts$/)
  expect(first).toContain('≥12,345,678')
})

test('a cluster with nothing of payflow has its brokers only', () => {
  expect(clusterOf({}).topicMetadata).toEqual([])
  expect(statusLines(shown(), plain).filter((line) => line !== '')).toEqual(expect.arrayContaining([expect.stringMatching(/^broker/)])) // prettier-ignore
})
