import { Chalk } from 'chalk'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import type { WorkerView } from '../../../../../src/app/monitor/model.ts'
import { frameLines, rowKeys, type FrameOptions } from '../../../../../src/cli/views/top/frame.ts'
import { initialState, type TopState } from '../../../../../src/cli/views/top/state.ts'
import { symbolsFor } from '../../../../../src/cli/views/top/symbols.ts'
import { publicTopics } from '../../../../../src/pipeline/events/topics.ts'
import { defaultWorkers } from '../../../../../src/pipeline/workers/index.ts'
import { partitionView, shown, workerView } from '../../../../support/looks.ts'

const same = (text: string): string => text
const plain = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same }
const utf8 = symbolsFor({ LANG: 'en_US.UTF-8' })
const options = (change: Partial<FrameOptions> = {}): FrameOptions => ({
  ...{ columns: 80, rows: 24, palette: plain, symbols: utf8, title: 'payflow top', footer: 'q leave', notes: [] },
  ...change,
})
const state = (change: Partial<TopState> = {}): TopState => ({ ...initialState(2_000), ...change })
const partitions = [9_000, 400].map((lag, partition) =>
  partitionView({ topic: 'payments', partition, lag, lagSeconds: 14, committed: 100, end: 100 + lag }),
)
const lagging: Partial<WorkerView> = {
  ...{ lag: 9_400, lagSeconds: 14, trend: 'draining', secondsToEmpty: 30, restarts: 2, partitions },
  skew: { topic: 'payments', partition: 0, share: 0.957, even: 0.5 },
  tasks: [0, 1].map((partition) => ({ partition, phase: 'running', pid: 7, restoreLeft: null })),
}
const workers = defaultWorkers.map(({ name, inputs, output }) =>
  workerView({
    ...{ worker: name, inputs: Object.values(inputs).map((input) => input.name), output: output.name, restarts: 0 },
    ...(name === 'large-orders' && lagging),
  }),
)
const topics = publicTopics.map(({ name: topic }) => {
  return { topic, partitions: 3, records: 1_234_567, perSecond: 49.6, leaderless: 0, underReplicated: 0 }
})
const brokers = [{ id: 1, address: '127.0.0.1:9092', controller: true, leads: 30 }]
const past = new Map([['large-orders', [0, 1, 2, 3].map((i) => ({ atMs: i * 15_000, lag: 12_000 - i * 800 }))]])
const everything = { workers, topics, brokers, past }
const lines = (change: Partial<TopState> = {}, more: Partial<FrameOptions> = {}, of = shown(everything)): string[] =>
  frameLines(state(change), of, options(more))

describe('the screen of 80 columns and 24 rows', () => {
  test('has the verdict, the workers, the worst first, all topics, and the keys', () => {
    const all = lines()
    expect(all).toHaveLength(24)
    expect(all[0]).toMatch(/^payflow top {2}! large-orders is 14 s \(9,400 records\) behind, draining/)
    expect(all[1]).toBe('see payflow why large-orders · 1 broker · every 2 s')
    expect(all[3]).toBe('  WORKER               LAG BEHIND TREND       ETA  REC/S SKEW    STATE       RST')
    expect(all[4]).toBe('› large-orders       9,400   14 s  ██ ▇▇ ↓   30 s     50 p0 96%  running 2     2')
    for (const { name } of publicTopics) expect(all.join('\n')).toContain(`\n  ${name} `)
    expect(all.at(-1)).toBe('q leave')
  })

  test('has room for whole names while no partition has more than its part', () => {
    const calm = workers.map((each) => ({ ...each, lag: 0, skew: null }))
    const all = lines({}, {}, shown({ ...everything, workers: calm }))
    expect(all[3]).not.toContain('SKEW')
    for (const { worker } of calm) expect(all.join('\n')).toContain(` ${worker} `)
  })

  test('shows what is not known as such, never as 0', () => {
    // of a worker whose topics do not exist nothing is known
    const [row] = lines({}, {}, shown({ workers: [workerView({ running: false, lagSeconds: null })], topics, brokers })).slice(4) // prettier-ignore
    expect(row).toMatch(/^› a +– +– +– +– /)
    const unknown = workerView({ lagSeconds: null, lag: 5, perSecond: null, members: null, unknownPartitions: 1, partitions, restarts: null }) // prettier-ignore
    const nothing = workerView({ worker: 'b', lag: 0, lagSeconds: null, unknownPartitions: 2, partitions, perSecond: null }) // prettier-ignore
    const topic = { ...topics[0]!, records: null, perSecond: null, leaderless: 2 }
    const all = lines({}, {}, shown({ workers: [unknown, nothing], topics: [topic], brokers }))
    expect(all.find((line) => line.includes(' a '))).toMatch(/ ≥5 +– +– +– +– +– +running +–$/)
    expect(all.find((line) => line.includes(' b '))).toMatch(/^. b +– +– /)
    expect(all.find((line) => line.includes('orders'))).toMatch(/orders +– +– +3 2 without a leader$/)
  })

  test('shows old figures as old, in words too', () => {
    const dimmed: string[] = []
    const palette = { ...plain, dim: (text: string) => (dimmed.push(text), text) }
    const all = lines({}, { palette }, shown(everything, { ageMs: 12_000, trouble: 'no answer' }))
    expect(all[0]).toContain('!! The brokers have not answered for 12 s; the figures are as')
    expect(all[1]).toMatch(/^figures 12 s old · see payflow infra status/)
    expect(dimmed.some((line) => line.includes('large-orders'))).toBe(true)
    // what to run next is no small print
    expect(dimmed.some((line) => line.includes('payflow infra status'))).toBe(false)
  })

  test('has colour only for what is wrong: a name, and the whole row where nothing gets on', () => {
    const marked = (name: string) => (text: string) => `<${name}>${text}</${name}>`
    const palette = { ...plain, red: marked('red'), yellow: marked('yellow'), green: marked('green'), cyan: marked('cyan') } // prettier-ignore
    const stopped = workerView({ worker: 'stopped', running: false, lag: 7, lagSeconds: 60 })
    const all = lines({}, { palette, columns: 119 }, shown({ ...everything, workers: [...workers, stopped] }))
    const row = (name: string) => all.slice(3).find((line) => line.includes(`${name} `))
    expect(row('stopped')).toMatch(/^<red>› stopped .*<\/red>$/)
    expect(row('large-orders')).toMatch(/^<yellow> {2}large-orders +<\/yellow> +9,400 /)
    expect(row('process-payments')).not.toContain('<')
  })

  test('says why nothing is known yet', () => {
    const nothing = { ...shown(), overview: undefined, trouble: 'connect ECONNREFUSED', silentSeconds: null }
    expect(lines({}, {}, nothing).join('\n')).toContain('Nothing is known yet: connect ECONNREFUSED')
  })

  test('has in the place of the keys what has happened, and what is typed', () => {
    expect(lines({}, { announced: 'Stopping' }).at(-1)).toBe('Stopping')
    expect(lines({ typing: '!pay' }, { announced: 'Stopping' }).at(-1)).toMatch(/^\/!pay_ /)
  })
})

test.each([40, 60, 80, 100, 119, 120, 140, 200])(
  'nothing is wider than %d columns, and nothing is lost below',
  (columns) => {
    for (const symbols of [utf8, symbolsFor({ LANG: 'C' })])
      for (const palette of [plain, new Chalk({ level: 1 })])
        for (const change of [{}, { help: true }, { place: { kind: 'worker', worker: 'large-orders' } as const }])
          for (const rows of [5, 24, 40]) {
            const big = workers.map((each) => ({ ...each, lag: 123_456_789, perSecond: 9_876_543, restarts: 12 }))
            const all = lines(change, { columns, rows, symbols, palette, notes: ['x'.repeat(300)] }, shown({ ...everything, workers: big })) // prettier-ignore
            expect(all).toHaveLength(rows)
            for (const line of all) expect(stringWidth(line), line).toBeLessThanOrEqual(columns)
          }
  },
)

test('140 columns have words for everything, the brokers, and what has happened last', () => {
  const all = lines({}, { columns: 140, rows: 40, notes: ['12:00:00 large-orders: process 7 has ended'] })
  expect(all[3]).toMatch(/^ {2}WORKER .* CAUGHT UP IN .* MEMBERS +RESTARTS$/)
  expect(all[4]).toMatch(/^› large-orders .* ↓ draining .* 30 s .* p0 96% +running 2 .* 1 +2$/)
  expect(all).toContain('  broker 1  127.0.0.1:9092  leads 30 partitions, controller')
  expect(all.at(-2)).toBe('12:00:00 large-orders: process 7 has ended')
})

test('a terminal without such letters gets none', () => {
  const all = lines({}, { symbols: symbolsFor({ LC_ALL: 'C' }) }).join('\n')
  expect(all).toMatch(/^[\n -~]*$/)
  expect(all).toContain('> large-orders')
})

test('the worst come first, and those that keep up do not change places', () => {
  const named = (worker: string, facts: Partial<WorkerView> = {}) => workerView({ worker, ...facts })
  const order = (...all: WorkerView[]) => rowKeys(state(), shown({ workers: all }))
  const behind = named('z', { lag: 2_000, lagSeconds: 9 })
  const further = named('y', { lag: 1_500, lagSeconds: 20 })
  const down = named('x', { running: false, lag: 3, lagSeconds: 1 })
  const idle = named('w', { running: false })
  const busy = named('b', { lag: 40, lagSeconds: 0.4 })
  expect(order(busy, named('a'), behind, idle, down, further)).toEqual(['x', 'y', 'z', 'w', 'a', 'b'])
})

describe('further in', () => {
  const inside = { place: { kind: 'worker', worker: 'large-orders' } as const }

  test('a worker has its group, its processes and its partitions, those with most lag first', () => {
    const process = { pid: 7, startedMs: 700_000, supervised: true, restarts: 2, reportedMs: 999_000 }
    const own = workers.map((each) => (each.worker === 'large-orders' ? { ...each, processes: [process] } : each))
    const all = lines(inside, {}, shown({ ...everything, workers: own }))
    expect(all[0]).toMatch(/^payflow top › large-orders {2}/)
    expect(all[2]).toBe('  payments → large_orders')
    expect(all[3]).toBe('  group payflow-large-orders  Stable, 1 member  lag 9,400  50 records/s')
    expect(all[4]).toBe('  process 7, up 5 min, 2 restarts, last report 1 s ago')
    expect(all[6]).toBe('  PARTITION      LAG SHARE BEHIND COMMITTED   END LEADER TASK')
    expect(all[7]).toBe('› payments/0   9,000   96%   14 s       100 9,100      1 running')
    expect(rowKeys(state(inside), shown(everything))).toEqual(['payments/0', 'payments/1'])
  })

  test('partitions without lag stand in the order of the inputs, and the inbox after them', () => {
    const topics = ['payflow-large-orders-inbox', 'payments']
    const idle = topics.flatMap((topic) => [1, 0].map((partition) => partitionView({ topic, partition })))
    const own = workers.map((each) => (each.worker === 'large-orders' ? { ...each, partitions: idle } : each))
    expect(rowKeys(state(inside), shown({ workers: own }))).toEqual([
      'payments/0',
      'payments/1',
      'payflow-large-orders-inbox/0',
      'payflow-large-orders-inbox/1',
    ])
  })

  test('a long name of a topic keeps its partition', () => {
    const inbox = [0, 1].map((partition) =>
      partitionView({ topic: 'payflow-frequent-failed-payments-inbox', partition }),
    )
    const own = workers.map((each) => (each.worker === 'large-orders' ? { ...each, partitions: inbox } : each))
    const all = lines(inside, {}, shown({ ...everything, workers: own })).join('\n')
    for (const partition of [0, 1]) expect(all).toMatch(new RegExp(`payflow-\\S*…\\S*inbox/${partition} `))
  })

  test('a partition has its newest records, with nothing in them that could move the cursor', () => {
    const place = { kind: 'partition', worker: 'large-orders', topic: 'payments', partition: 1 } as const
    const record = { topic: 'payments', partition: 1, offset: 1_042, atMs: 0, key: '7', value: '{"a":1}\u001B[2J' }
    const of = (records: FrameOptions['records']) => lines({ place }, { records }).join('\n')
    expect(of({ records: [record], trouble: undefined })).toMatch(/ 1042 \d\d:\d\d:\d\d 7 +\{"a":1\}␛\[2J/)
    expect(of({ records: [], trouble: undefined })).toContain('No records')
    expect(of({ records: undefined, trouble: 'no leader' })).toContain('cannot be read: no leader')
    expect(of(undefined)).toContain('Reading')
  })

  test('only rows that pass the filter are shown, and chosen', () => {
    expect(rowKeys(state({ filter: 'payments' }), shown(everything))).toHaveLength(4)
    expect(rowKeys(state({ filter: '!payments' }), shown(everything))).toHaveLength(2)
    expect(rowKeys(state({ filter: '(' }), shown(everything))).toEqual([])
  })
})
