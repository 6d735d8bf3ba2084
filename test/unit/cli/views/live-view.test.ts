import { Chalk } from 'chalk'
import { describe, expect, test } from 'vitest'
import type { Live } from '../../../../src/app/run/live.ts'
import { liveLines, plainLine } from '../../../../src/cli/views/live-view.ts'
import { publicTopics } from '../../../../src/pipeline/events/topics.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'

const same = (text: string): string => text
const plain = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }

const live = (change: Partial<Live> = {}, { records = 1_234_567, lag = 3 } = {}): Live => ({
  seconds: 61.4,
  silentSeconds: 0,
  producers: [],
  snapshot: {
    topics: publicTopics.map(({ name }) => ({ topic: name, records, perSecond: 49.6 })),
    workers: workers.map(({ name }) => ({ worker: name, lag, undecided: 0, state: 'Stable', members: 1 })),
  },
  processes: workers.map(({ name }) => ({ worker: name, state: 'running', restarts: 0, pid: 1 })),
  ...change,
})
const lines = (change: Partial<Live> = {}, { columns = 120, note = '', palette = plain } = {}) =>
  liveLines(live(change), { columns, note, palette })

describe('the live view', () => {
  test('has the tables side by side on 120 columns', () => {
    const shown = lines()
    expect(shown.slice(0, 5)).toEqual([
      'payflow  61 s  everything keeps up',
      '',
      'topic                       records  per s    worker                    lag  restarts  state',
      'orders                    1,234,567     50    failed-payments             3         0  running',
      'payments                  1,234,567     50    large-orders                3         0  running',
    ])
    expect(shown.at(-1)).toBe('Ctrl-C stops')
  })

  test('has one below the other on 80 columns, and fits a terminal of 24 lines with what happened last', () => {
    const shown = lines({}, { columns: 80, note: 'large-orders: died (killed by SIGKILL); starting it again in 0.5 s' })
    expect(shown[2]).toBe('topic                       records  per s')
    expect(shown).toContain('worker                    lag  restarts  state')
    expect(shown.length).toBeLessThanOrEqual(23)
    expect(shown.slice(-2)).toEqual([
      'large-orders: died (killed by SIGKILL); starting it again in 0.5 s',
      'Ctrl-C stops',
    ])
  })

  test.each([60, 80, 90, 99, 100, 105, 110, 120, 200])(
    'has no figure that a terminal of %d columns cuts off',
    (columns) => {
      for (const palette of [plain, new Chalk({ level: 1 })]) {
        const busy = live(
          { processes: workers.map(({ name }) => ({ worker: name, state: 'restarting', restarts: 12, pid: 1 })) },
          { records: 1_234_567_890, lag: 12_345_678 },
        )
        const [, ...rest] = liveLines(busy, { columns, note: '', palette })
        for (const line of rest) expect(line.replaceAll(/\u001B\[\d+m/g, '').length).toBeLessThan(columns)
      }
    },
  )

  test('says the worst first: silent brokers, then workers that are down, then lag', () => {
    const [first, ...others] = live().processes
    const down = [{ ...first!, state: 'restarting' as const }, ...others]
    const lagging = live({}, { lag: 25_000 }).snapshot
    const verdict = (change: Partial<Live>) => lines(change)[0]!.replace('payflow  61 s  ', '')
    expect(verdict({ silentSeconds: 7, processes: down, snapshot: lagging })).toBe(
      'the brokers have not answered for 7 s; these figures are as old',
    )
    expect(verdict({ processes: down, snapshot: lagging })).toBe('failed-payments restarting')
    expect(verdict({ snapshot: lagging })).toMatch(/^failed-payments is 25,000 behind, large-orders is 25,000 behind/)
    expect(verdict({ snapshot: live({}, { lag: 999 }).snapshot })).toBe('everything keeps up')
  })

  test('shows a worker without a process as such', () => {
    expect(lines({ processes: [] }).find((line) => line.includes('large-orders'))).toMatch(/ {2}-$/)
  })
})

test('a log has the same in one line', () => {
  const { snapshot, ...rest } = live({ silentSeconds: 4 })
  const topics = snapshot.topics.slice(0, 2)
  expect(plainLine({ ...rest, snapshot: { ...snapshot, topics } })).toBe(
    '61 s: orders 1,234,567 (50/s), payments 1,234,567 (50/s); lag 18, restarts 0; brokers silent for 4 s',
  )
  expect(plainLine(live())).not.toContain('silent')
})
