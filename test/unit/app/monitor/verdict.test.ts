import { describe, expect, test } from 'vitest'
import { judge, type Judged, type JudgedWorker } from '../../../../src/app/monitor/verdict.ts'

const worker = (name: string, facts: Partial<JudgedWorker> = {}): JudgedWorker => ({
  worker: name,
  running: true,
  lag: 0,
  lagSeconds: 0,
  undecided: 0,
  trend: 'steady',
  secondsToEmpty: null,
  ...facts,
})
const judged = (facts: Partial<Judged>) =>
  judge({
    silentSeconds: 0,
    trouble: null,
    topicsMissing: [],
    leaderless: 0,
    workers: [worker('a'), worker('b')],
    ...facts,
  })

describe('the verdict', () => {
  test('is that everything keeps up, with a second of lag too', () => {
    expect(judged({})).toMatchObject({ level: 'ok', text: 'Everything keeps up' })
    expect(judged({ workers: [worker('a', { lag: 50_000, lagSeconds: 1 })] }).level).toBe('ok')
  })

  test('names silent brokers before anything else', () => {
    const workers = [worker('a', { running: false, lag: 5 })]
    expect(judged({ silentSeconds: 12, workers })).toMatchObject({ level: 'bad', command: 'payflow infra status' })
    expect(judged({ silentSeconds: null, trouble: 'connect refused' }).text).toBe(
      'The brokers have not answered yet: connect refused',
    )
  })

  test('names what is not created yet', () => {
    expect(judged({ topicsMissing: ['orders', 'users'] })).toMatchObject({
      level: 'info',
      text: 'Not created yet: orders, users',
      command: 'payflow topics create',
    })
  })

  test('names the worker that does not run and has work before one that is behind', () => {
    const workers = [worker('slow', { lag: 9_000, lagSeconds: 300 }), worker('dead', { running: false, lag: 3 })]
    expect(judged({ workers })).toMatchObject({
      level: 'bad',
      text: 'dead does not run; 3 records wait',
      command: 'payflow worker dead',
    })
  })

  test('says that none runs', () => {
    const stopped = { running: false }
    expect(judged({ workers: [worker('a', stopped), worker('b', stopped)] })).toMatchObject({
      level: 'info',
      command: 'payflow worker all',
    })
    expect(judged({ workers: [worker('a', { ...stopped, lag: 2 }), worker('b', stopped)] })).toMatchObject({
      level: 'bad',
      text: 'No worker runs; 2 records wait',
    })
  })

  test('says how far the worst one is behind, whether it gets better, and when it ends', () => {
    const workers = [
      worker('a', { lag: 2_000, lagSeconds: 6, trend: 'growing' }),
      worker('b', { lag: 40_000, lagSeconds: 14, trend: 'draining', secondsToEmpty: 30 }),
    ]
    expect(judged({ workers })).toMatchObject({
      level: 'warning',
      text: 'b is 14 s (40,000 records) behind, draining: caught up in about 30 s; 1 more',
      command: 'payflow why b',
    })
  })

  test('counts records where nobody knows how old they are', () => {
    expect(judged({ workers: [worker('a', { lag: 999, lagSeconds: null })] }).level).toBe('ok')
    expect(judged({ workers: [worker('a', { lag: 1_000, lagSeconds: null })] }).text).toBe('a is 1,000 records behind')
  })

  test('names an open transaction that many records wait for', () => {
    expect(judged({ workers: [worker('a', { undecided: 1_500 })] })).toMatchObject({
      level: 'warning',
      text: '1,500 records of a wait behind an open transaction',
    })
  })

  test('names a worker whose process dies again and again, and replicas that are missing, only where nothing is behind', () => {
    const dying = worker('a', { processes: [{ restarts: 3, startedMs: 70_000 }] })
    expect(judged({ workers: [dying], nowMs: 100_000 })).toMatchObject({
      level: 'warning',
      text: 'a dies again and again: it was started again 3 times',
      command: 'payflow why a',
    })
    expect(judged({ workers: [dying], nowMs: 200_000 }).level).toBe('ok')
    expect(judged({ underReplicated: 1 })).toMatchObject({
      level: 'warning',
      text: '1 partition has fewer replicas in sync than they should',
    })
  })

  test('names partitions that nobody leads', () => {
    expect(judged({ leaderless: 2 })).toMatchObject({ level: 'bad', text: '2 partitions have no leader' })
  })
})
