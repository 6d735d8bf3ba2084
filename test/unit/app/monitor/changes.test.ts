import { describe, expect, test } from 'vitest'
import { changesBetween, Restarts, type Seen } from '../../../../src/app/monitor/changes.ts'

const seen = (facts: Partial<Seen> = {}): Seen => ({ brokers: [], groups: [], processes: new Map(), ...facts })
const group = (state: string, members: number) => ({ groups: [{ worker: 'a', state, members }] })
const textsOf = (before: Seen, now: Seen): string[] =>
  changesBetween(before, now, 5).map(({ kind, text }) => `${kind}: ${text}`)

describe('marks', () => {
  test('of brokers that come and go', () => {
    const broker = { id: 2, address: '127.0.0.1:9093' }
    expect(textsOf(seen({ brokers: [broker] }), seen())).toEqual(['broker: broker 2 (127.0.0.1:9093) is away'])
    expect(textsOf(seen(), seen({ brokers: [broker] }))).toEqual(['broker: broker 2 (127.0.0.1:9093) is there'])
  })

  test('of one rebalance, once, whether it was seen or had ended before the next look', () => {
    const calm = seen(group('Stable', 1))
    const during = seen(group('PreparingRebalance', 1))
    const after = seen(group('Stable', 2))
    expect(textsOf(calm, during)).toEqual(['rebalance: a: rebalance, 1 → 1 members'])
    expect(textsOf(during, after)).toEqual([])
    expect(textsOf(calm, after)).toEqual(['rebalance: a: rebalance, 1 → 2 members'])
    expect(textsOf(calm, calm)).toEqual([])
  })

  test('of one process that ran several workers, once', () => {
    const both = seen({ processes: new Map([['a', [7]], ['b', [7]]]) }) // prettier-ignore
    expect(textsOf(both, seen())).toEqual(['restart: a, b: process 7 has ended'])
  })

  test('of processes that end and begin, and a restart is counted when one comes for another', () => {
    const [one, none, two] = [[1], [], [2]].map((pids) => seen({ processes: new Map([['a', pids]]) })) as [Seen, Seen, Seen] // prettier-ignore
    expect(textsOf(one, none)).toEqual(['restart: a: process 1 has ended'])
    const restarts = new Restarts()
    restarts.see(one, none)
    expect(restarts.of('a')).toBe(0)
    restarts.see(none, two)
    expect(restarts.of('a')).toBe(1)
    restarts.see(two, seen({ processes: new Map([['a', [2, 3]]]) }))
    expect(restarts.of('a')).toBe(1)
  })
})
