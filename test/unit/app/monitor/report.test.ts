import { expect, test } from 'vitest'
import type { WorkerEvent } from '../../../../src/runtime/events.ts'
import { processReportSchema, Reporter } from '../../../../src/app/monitor/report.ts'

const T = 1_000_000
const transaction = (ms: number, result: 'committed' | 'aborted' = 'committed'): WorkerEvent => {
  return { kind: 'transaction', worker: 'a', result, partitions: [0], records: 100, ms }
}

test('a report has what explains lag: tasks and what is left to restore, rebalances, transactions, throttling, trouble', () => {
  const reporter = new Reporter(['a', 'b'], T)
  reporter.onRunning(() => [
    { worker: 'a', joining: false, assigned: true, tasks: [{ partition: 0, phase: 'restoring' }, { partition: 1, phase: 'running' }] }, // prettier-ignore
  ])
  reporter.onEvent({ kind: 'assigned', worker: 'a', partitions: [0], generation: 1 }, T + 1)
  reporter.onEvent({ kind: 'restoring', worker: 'a', partition: 0, done: 60, total: 100 }, T + 2)
  for (const ms of [10, 300, 20]) reporter.onEvent(transaction(ms), T + 1_000)
  reporter.onEvent(transaction(5, 'aborted'), T + 1_000)
  reporter.onRequest('a', { throttledMs: 250 })
  reporter.onRequest('b', { throttledMs: 0 })
  const trouble = { code: 'refused', error: 'no' } as const
  reporter.onEvent({ kind: 'trouble', worker: 'b', seconds: 4, trouble }, T + 9_000)
  const report = reporter.report(T + 10_000)
  expect(report).toEqual({
    atMs: T + 10_000,
    workers: [
      {
        worker: 'a',
        tasks: [{ partition: 0, phase: 'restoring', restoreLeft: 40 }, { partition: 1, phase: 'running' }],
        rebalances: [T + 1],
        transactions: { seconds: 10, committed: 3, failed: 1, records: 300, medianMs: 20, longestMs: 300 },
        throttledMs: 250,
      },
      { worker: 'b', tasks: [], rebalances: [], throttledMs: 0, trouble: { sinceMs: T + 5_000, trouble } },
    ],
  }) // prettier-ignore
  expect(processReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report)
  reporter.onEvent({ kind: 'trouble-over', worker: 'b', seconds: 9 })
  expect(reporter.report(T + 11_000).workers[1]).not.toHaveProperty('trouble')
})

test('what is older than a minute says nothing of why it lags now, and what is kept does not grow', () => {
  const reporter = new Reporter(['a'], T)
  for (let i = 0; i < 5_000; i++) reporter.onEvent(transaction(i % 10), T + i * 10)
  expect(reporter.report(T + 50_000).workers[0]?.transactions?.committed).toBeLessThanOrEqual(1_000)
  expect(reporter.report(T + 50_000).workers[0]?.transactions?.seconds).toBeLessThan(15)
  expect(reporter.report(T + 200_000).workers[0]).not.toHaveProperty('transactions')
})
