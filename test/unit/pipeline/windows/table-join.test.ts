import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { joinTable, type TableJoining } from '../../../../src/pipeline/windows/table-join.ts'

type State = TableJoining<number, number>
const nothing: State = { rows: [], waiting: [] }
interface Came {
  readonly kind: 'row' | 'item'
  readonly time: number
  readonly id: number
}

const history = fc
  .array(fc.record({ kind: fc.constantFrom('row' as const, 'item' as const), time: fc.integer({ min: 0, max: 60 }) }), {
    maxLength: 30,
  })
  .map((all): Came[] => all.map((each, id) => ({ ...each, id })))

describe('a join with a table', () => {
  it('gives every event once, when its wait is over, the row of its time as it is known then', () => {
    fc.assert(
      fc.property(history, fc.nat(15), fc.nat(15), (all, grace, more) => {
        const keeps = grace + more
        const join = joinTable({ grace, history: keeps })
        let [state, streamTime] = [nothing, -Infinity]
        let rows: Came[] = []
        let waiting: Came[] = []
        const rowAt = (time: number): number | null =>
          rows.filter((row) => row.time <= time).sort((a, b) => a.time - b.time || a.id - b.id).at(-1)?.id ?? null // prettier-ignore
        const over = (): (readonly [number, number | null])[] => {
          const due = waiting.filter(({ time }) => time <= streamTime - grace)
          waiting = waiting.filter((each) => !due.includes(each))
          return due.sort((a, b) => a.time - b.time || a.id - b.id).map(({ id, time }) => [id, rowAt(time)] as const)
        }
        // what is not needed by definition: a row whose successor was there before the time that the history reaches back to
        const drop = () => {
          const lastOld = Math.max(...rows.filter(({ time }) => time <= streamTime - keeps).map(({ time }) => time))
          rows = rows.filter(({ time }) => time >= lastOld)
        }
        const versions = (): number[] => {
          const byTime = rows.toSorted((a, b) => a.time - b.time || a.id - b.id)
          return [...new Map(byTime.map(({ time, id }) => [time, id])).values()]
        }
        for (const { kind, time, id } of all) {
          streamTime = Math.max(streamTime, time)
          if (kind === 'row') {
            rows.push({ kind, time, id })
            drop()
            state = join.row(state, time, streamTime, id)
            const closed = join.close(state, streamTime)
            state = closed.state
            expect(closed.joined).toEqual(over())
          } else {
            waiting.push({ kind, time, id })
            const taken = join.item(state, time, streamTime, id)
            state = taken.state
            expect(taken.joined).toEqual(over())
            drop()
          }
          expect(state.rows.map(({ value }) => value)).toEqual(versions())
          expect(join.dueAt(state) ?? Infinity).toBeGreaterThan(streamTime)
        }
        const rest = join.close(state, 1_000)
        streamTime = 1_000
        expect(rest.joined).toEqual(over())
        expect(rest.state.waiting).toEqual([])
        expect(rest.state.rows.length).toBeLessThanOrEqual(1)
        expect(join.schema(z.int(), z.int()).parse(JSON.parse(JSON.stringify(state)))).toEqual(state)
      }),
    )
  })

  it('waits for rows that come late, and joins at once when there is no grace', () => {
    const join = joinTable({ grace: '5s', history: '1m' })
    const first = join.item<string, string>({ rows: [], waiting: [] }, 10_000, 10_000, 'order')
    expect(first.joined).toEqual([])
    expect(join.dueAt(first.state)).toBe(15_000)
    const late = join.row(first.state, 9_000, 14_999, 'row')
    expect(join.close(late, 14_999).joined).toEqual([])
    expect(join.close(late, 15_000).joined).toEqual([['order', 'row']])
    expect(joinTable().item<string, string>({ rows: [], waiting: [] }, 10_000, 10_000, 'order').joined).toEqual([['order', null]]) // prettier-ignore
  })

  it('keeps no row for less time than an event waits', () => {
    expect(() => joinTable({ grace: '10s', history: '5s' })).toThrow('history must be at least grace, or rows would go while events wait for them: it is 5000 ms, and grace 10000 ms') // prettier-ignore
  })
})
