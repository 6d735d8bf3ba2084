import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { joinWithin, type Joining, type Side } from '../../../../src/pipeline/windows/join.ts'

type State = Joining<number, number>
const nothing: State = { left: [], right: [] }
interface Came {
  readonly side: Side
  readonly time: number
  readonly id: number
}

const history = fc
  .array(fc.record({ side: fc.constantFrom<Side>('left', 'right'), time: fc.integer({ min: 0, max: 60 }) }), {
    maxLength: 25,
  }) // prettier-ignore
  .map((all): Came[] => all.map((each, id) => ({ ...each, id })))

describe('a join within a time', () => {
  it('has every pair once, when its second event comes, and every event that met none once, when that is certain', () => {
    fc.assert(
      fc.property(history, fc.nat(10), fc.nat(10), fc.nat(10), fc.boolean(), (all, before, after, grace, closes) => {
        const join = joinWithin({ before, after, grace })
        let [state, streamTime] = [nothing, -Infinity]
        const pairs: string[] = []
        const unmatched: number[] = []
        const taken: Came[] = []
        for (const { side, time, id } of all) {
          streamTime = Math.max(streamTime, time)
          const isLate = time + (side === 'left' ? after : before) < streamTime - grace
          const joined = join[side](state, time, streamTime, id)
          expect(joined.isLate).toBe(isLate)
          state = joined.state
          const others = taken.filter((other) => other.side !== side && (side === 'left' ? time - before <= other.time && other.time <= time + after : other.time - before <= time && time <= other.time + after)) // prettier-ignore
          expect(joined.pairs).toEqual(isLate ? [] : others.map((other) => (side === 'left' ? [id, other.id] : [other.id, id]))) // prettier-ignore
          pairs.push(...joined.pairs.map(String))
          if (!isLate) taken.push({ side, time, id })
          if (!closes) continue
          const closed = join.close(state, streamTime)
          state = closed.state
          unmatched.push(...closed.left, ...closed.right)
          expect(join.dueAt(state) ?? Infinity).toBeGreaterThan(streamTime)
        }
        const rest = join.close(state, 1_000)
        expect(rest.state).toEqual(nothing)
        unmatched.push(...rest.left, ...rest.right)
        const inPair = new Set(pairs.flatMap((pair) => pair.split(',').map(Number)))
        expect(unmatched.sort((a, b) => a - b)).toEqual(taken.map(({ id }) => id).filter((id) => !inPair.has(id)))
        expect(join.schema(z.int(), z.int()).parse(JSON.parse(JSON.stringify(state)))).toEqual(state)
      }),
    )
  })

  it('waits as long as something may come, and no longer', () => {
    const join = joinWithin({ before: '1s', after: '9s', grace: '5s' })
    const { state } = join.left<string, string>({ left: [], right: [] }, 1_000, 1_000, 'order')
    expect(join.dueAt(state)).toBe(16_001)
    expect(join.close(state, 16_000)).toEqual({ state, left: [], right: [] })
    expect(join.close(state, 16_001)).toEqual({ state: { left: [], right: [] }, left: ['order'], right: [] })
    expect(join.right(state, 10_000, 16_000, 'payment').pairs).toEqual([['order', 'payment']])
    expect(join.right(state, 10_001, 16_000, 'payment').pairs).toEqual([])
    expect(join.right(state, -1, 1_000, 'payment').pairs).toEqual([])
    expect(join.dueAt({ left: [], right: [] })).toBeUndefined()
  })
})
