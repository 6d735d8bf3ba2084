import { describe, expect, test } from 'vitest'
import type { Facts, Told } from '../../../../src/app/why/facts.ts'
import { findingsOf } from '../../../../src/app/why/findings.ts'
import { partitionView, workerView } from '../../../support/looks.ts'

const now = Date.parse('2026-07-01T10:00:00Z')
const report = { worker: 'a', tasks: [], rebalances: [], throttledMs: 0 }
const told = (facts: Partial<Told['report']> = {}, more: Partial<Told> = {}): Told => ({
  ...{ pid: 7, ageMs: 1_000, stopped: false, report: { ...report, ...facts } },
  ...more,
})
const facts = (change: Partial<Facts> = {}): Facts => ({
  ...{ view: workerView(), nowMs: now, seconds: 4, topicsMissing: [], arrivingPerSecond: 50, processedPerSecond: 50 },
  ...{ told: [told()], held: [], heaviest: undefined },
  ...change,
})
const behind = { lag: 9_000, lagSeconds: 30 }
const found = (change: Partial<Facts>) => findingsOf(facts(change))
const kinds = (change: Partial<Facts>) => found(change).map(({ kind }) => kind)

describe('why a worker lags', () => {
  test('is nothing while it keeps up', () => {
    expect(found({})).toEqual([])
    expect(found({ view: workerView({ lag: 40_000, lagSeconds: 0.8 }) })).toEqual([])
  })

  test('because nobody runs it', () => {
    const view = workerView({ running: false, state: 'Empty', members: 0, lag: 12 })
    expect(found({ view, told: [] })).toMatchObject([
      {
        kind: 'not-running',
        text: 'No process runs it, and 12 records wait',
        evidence: 'group payflow-a is Empty with 0 members; no process of it is known on this machine',
        command: 'payflow worker a',
      },
    ])
  })

  test('because its process is stopped, or tells nothing any more', () => {
    expect(found({ told: [told({}, { stopped: true, ageMs: 3_000 })] })).toMatchObject([
      { kind: 'process-silent', text: 'Process 7 is stopped', command: 'kill -CONT 7' },
    ])
    expect(found({ told: [told({}, { ageMs: 25_000 })] })[0]?.evidence).toContain('it has told nothing for 25 s')
  })

  test('because of a partition that has most of the lag, and the key that fills it', () => {
    const partitions = [500, 7_000, 1_500].map((lag, partition) => partitionView({ partition, lag }))
    const skew = { topic: 'orders', partition: 1, share: 7 / 9, even: 1 / 3 }
    const view = workerView({ ...behind, partitions, skew, members: 3 })
    const heaviest = { topic: 'orders', partition: 1, key: '7', records: 3_550, sampled: 5_000 }
    expect(found({ view, heaviest })[0]).toEqual({
      kind: 'skew',
      text: 'Partition 1 of orders has 78 % of its lag, because of key 7',
      evidence:
        '7,000 records of 9,000 wait there; an even part is 33 %; of its next 5,000 records 3,550 (71 %) have key 7',
      command: 'payflow groups describe payflow-a',
    })
    const light = found({ view, heaviest: { ...heaviest, records: 60 } })[0]
    expect(light?.text).toBe('Partition 1 of orders has 78 % of its lag')
    const even = { ...skew, share: 0.4 }
    expect(kinds({ view: workerView({ ...behind, partitions, skew: even }) })).not.toContain('skew')
  })

  test('because its group rebalances, now or again and again', () => {
    expect(kinds({ view: workerView({ state: 'PreparingRebalance' }) })).toEqual(['rebalancing'])
    const often = told({ rebalances: [now - 400_000, now - 50_000, now - 40_000, now - 30_000] })
    expect(found({ told: [often] })).toMatchObject([
      {
        text: 'Its group has rebalanced 3 times in five minutes',
        evidence: 'group payflow-a is Stable; 3 rebalances in the last 5 min, the last one 30 s ago',
      },
    ])
    expect(kinds({ told: [told({ rebalances: [now - 50_000, now - 40_000] })] })).toEqual([])
  })

  test('because it restores its state, with what is left', () => {
    const tasks = [
      { partition: 0, phase: 'restoring', pid: 7, restoreLeft: 12_000 },
      { partition: 1, phase: 'running', pid: 7, restoreLeft: null },
    ]
    expect(found({ view: workerView({ tasks }) })).toMatchObject([
      {
        kind: 'restoring',
        text: 'It is restoring its state: 12,000 records of the changelog are left',
        evidence: 'partition 0 is restoring, 12,000 left',
      },
    ])
  })

  test('because somebody holds a transaction, with whose it is, since when, and when it ends', () => {
    const transaction = {
      producerId: '4000',
      transactionalId: 'etl-1',
      since: now - 90_000,
      timeoutMs: 120_000,
      startOffset: 17,
    }
    const held = [{ topic: 'orders', partition: 2, records: 1_200, transaction }]
    expect(found({ held })).toMatchObject([
      {
        kind: 'held-transaction',
        text: 'orders/2 waits for a transaction of producer 4000 (transactional id etl-1), open since 09:58:30 UTC (90 s); its coordinator ends it at 10:00:30 UTC',
        evidence:
          '1,200 offsets lie behind the last stable one; end that producer, or wait until its transaction times out',
        command: 'payflow doctor',
      },
    ])
    expect(found({ held: [{ ...held[0]!, transaction: undefined }] })[0]?.text).toBe(
      'orders/2 waits for a transaction of a producer that the brokers do not name',
    )
  })

  test('because brokers throttle it, its transactions are slow, or many of them are undone', () => {
    const transactions = { seconds: 60, committed: 90, failed: 10, records: 9_000, medianMs: 450, longestMs: 2_100 }
    const view = workerView({ lag: 200, lagSeconds: 1 })
    const all = found({ view, told: [told({ throttledMs: 12_300, transactions })] })
    expect(all.map(({ kind, evidence }) => [kind, evidence])).toEqual([
      ['throttled', 'it was kept waiting for 12.3 s of the last minute'],
      ['slow-commits', 'process 7: 90 in 60 s, half of them over 450 ms, the longest 2,100 ms, 100 records each'],
      ['failed-transactions', 'process 7: 10 of 100 in 60 s'],
    ])
    const fine = { ...transactions, failed: 1, medianMs: 45 }
    expect(found({ view, told: [told({ transactions: fine, throttledMs: 20 })] })).toEqual([])
    // with nothing to do it is held up by nothing
    expect(found({ told: [told({ throttledMs: 12_300, transactions })] })).toEqual([])
  })

  test('because more comes than it processes: another process helps while there are partitions for it', () => {
    const partitions = [0, 1, 2].map((partition) => partitionView({ partition }))
    const view = workerView({ ...behind, partitions, trend: 'growing' })
    const rates = { arrivingPerSecond: 5_000, processedPerSecond: 3_000 }
    expect(found({ view, ...rates })).toMatchObject([
      {
        kind: 'outpaced',
        evidence: 'over 4 s 5,000 records a second came, 3,000 were processed; 1 member for 3 partitions',
        command: 'payflow worker a',
      },
    ])
    expect(found({ view: { ...view, members: 3 }, ...rates })[0]?.command).toBe(
      'payflow topics add-partitions orders 6 --dry-run',
    )
  })

  test('although it is catching up, or keeps its distance', () => {
    const draining = workerView({ ...behind, trend: 'draining', secondsToEmpty: 45 })
    expect(found({ view: draining, processedPerSecond: 900 })[0]?.text).toBe('It is catching up: caught up in about 45 s') // prettier-ignore
    expect(kinds({ view: workerView(behind) })).toEqual(['not-gaining'])
  })

  test('because of what it says itself, what it cannot read, and a process that dies again and again', () => {
    const trouble: Told['report']['trouble'] = { sinceMs: now - 20_000, trouble: { code: 'no-leader', topic: 'orders', partitions: [1], replicas: [2] } } // prettier-ignore
    const processes = [{ pid: 7, startedMs: now - 4_000, supervised: true, restarts: 5, reportedMs: now }]
    const partitions = [partitionView({ leader: null, lag: null })]
    expect(kinds({ view: workerView({ processes, partitions }), told: [told({ trouble })], topicsMissing: ['users'] })).toEqual(['topic-missing', 'no-leader', 'trouble', 'dying']) // prettier-ignore
  })

  test('and every finding has its evidence and a command', () => {
    const view = workerView({ running: false, lag: 5, state: 'PreparingRebalance' })
    for (const { evidence, command } of found({
      view,
      topicsMissing: ['orders'],
      told: [told({}, { stopped: true })],
    })) {
      expect(evidence).not.toBe('')
      expect(command).toMatch(/^(payflow|kill) /)
    }
  })
})
