import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hopping, tumbling } from '../../../../src/pipeline/windows/hopping.ts'
import { session } from '../../../../src/pipeline/windows/session.ts'
import { sliding, type SlidingItems } from '../../../../src/pipeline/windows/sliding.ts'
import type { Windows } from '../../../../src/pipeline/windows/window.ts'

/** Times of events in the order in which they come; close together, so that windows meet. */
const times = fc.array(fc.integer({ min: -30, max: 120 }), { maxLength: 25 })
const plus = (time: number) => (value: readonly number[] | undefined) => [...(value ?? []), time]
type Lists = Windows<readonly number[]>

/** What Kafka Streams' definitions say, written down as sets, without any state: of each event the stream time when it came. */
function came(all: readonly number[]): { time: number; streamTime: number }[] {
  let streamTime = -Infinity
  return all.map((time) => ({ time, streamTime: (streamTime = Math.max(streamTime, time)) }))
}

describe('hopping windows', () => {
  it('hold what the definition says, whatever the order of the events', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 30 }), fc.nat(29), fc.nat(20), (all, size, less, grace) => {
        const advance = Math.max(1, size - less)
        const windows = hopping({ size, advance, grace })
        const model = new Map<number, number[]>()
        let state: Lists = []
        for (const { time, streamTime } of came(all)) {
          const starts = Array.from({ length: 400 }, (_, i) => (i - 200) * advance).filter((start) => start <= time && time < start + size) // prettier-ignore
          const open = starts.filter((start) => start + size > streamTime - grace)
          for (const start of open) model.set(start, [...(model.get(start) ?? []), time])
          const added = windows.add(state, time, streamTime, plus(time))
          state = added.windows
          expect(added.isLate).toBe(open.length === 0)
          expect(added.updated).toEqual(open.map((start) => ({ start, end: start + size, value: model.get(start) })))
        }
        const expected = [...model]
          .sort(([a], [b]) => a - b)
          .map(([start, value]) => ({ start, end: start + size, value }))
        expect(state).toEqual(expected)
        expect(windows.schema(z.array(z.int())).parse(JSON.parse(JSON.stringify(state)))).toEqual(state)
      }),
    )
  })

  it('close when no event can come into them any more, and not before', () => {
    const windows = tumbling({ size: '10s', grace: '5s' })
    let state: Lists = []
    for (const time of [1_000, 12_000]) state = windows.add(state, time, 12_000, plus(time)).windows
    expect(windows.dueAt(state)).toBe(15_000)
    expect(windows.close(state, 14_999).closed).toEqual([])
    expect(windows.close(state, 15_000)).toEqual({ closed: [{ start: 0, end: 10_000, value: [1_000] }], windows: [{ start: 10_000, end: 20_000, value: [12_000] }] }) // prettier-ignore
    expect(windows.add(state, 9_999, 14_999, plus(9_999)).isLate).toBe(false)
    expect(windows.add(state, 9_999, 15_000, plus(9_999))).toEqual({ windows: state, updated: [], isLate: true })
    expect(windows.dueAt([])).toBeUndefined()
  })
})

describe('session windows', () => {
  it('are the chains of events within the gap, whatever their order', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 15 }), fc.nat(20), (all, gap, grace) => {
        const windows = session({ gap, grace })
        let taken: number[] = []
        let state: Lists = []
        const chains = (of: readonly number[]): number[][] => {
          const found: number[][] = []
          for (const time of of.toSorted((a, b) => a - b)) {
            const last = found.at(-1)
            if (last && time - last.at(-1)! <= gap) last.push(time)
            else found.push([time])
          }
          return found
        }
        for (const { time, streamTime } of came(all)) {
          const chain = chains([...taken, time]).find((each) => each.includes(time))!
          const isLate = chain.at(-1)! < streamTime - grace - gap
          const added = windows.add(state, time, streamTime, { add: plus(time), merge: (a, b) => [...a, ...b] })
          const before = chains(taken)
          if (!isLate) taken = [...taken, time]
          state = added.windows
          expect(added.isLate).toBe(isLate)
          expect(state.map(({ start, end, value }) => [start, end, value.toSorted((a, b) => a - b)])).toEqual(chains(taken).map((each) => [each[0], each.at(-1), each])) // prettier-ignore
          const gone = before.filter((each) => !chains(taken).some((other) => other[0] === each[0] && other.at(-1) === each.at(-1))) // prettier-ignore
          expect(added.merged.map(({ start, end }) => [start, end])).toEqual(gone.map((each) => [each[0], each.at(-1)]))
        }
      }),
    )
  })

  it('close when nothing can join them any more', () => {
    const windows = session({ gap: 10, grace: 5 })
    const { windows: state } = windows.add([], 100, 100, { add: plus(100), merge: (a) => a })
    expect(windows.dueAt(state)).toBe(116)
    expect(windows.close(state, 115).closed).toEqual([])
    expect(windows.close(state, 116)).toEqual({ closed: state, windows: [] })
    expect(windows.add(state, 110, 115, { add: plus(110), merge: (a) => a }).isLate).toBe(false)
  })
})

describe('sliding windows', () => {
  it('are those that end with an event or begin after one, whatever the order of the events', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 20 }), fc.nat(20), (all, difference, grace) => {
        const windows = sliding({ difference, grace })
        const taken: number[] = []
        let state: SlidingItems<number> = []
        const defined = (of: readonly number[]): Map<number, number[]> => {
          const starts = of.flatMap((time) => [time - difference, time + 1])
          const within = (start: number) => of.filter((time) => start <= time && time <= start + difference)
          return new Map(starts.map((start) => [start, within(start)] as const).filter(([, held]) => held.length > 0))
        }
        for (const { time, streamTime } of came(all)) {
          const closed = streamTime - grace
          const isLate = time + 1 + difference <= closed
          const before = defined(taken)
          if (!isLate) taken.push(time)
          const after = [...defined(taken)].filter(([start]) => start + difference > closed).sort(([a], [b]) => a - b)
          const changed = after.filter(([start, held]) => before.get(start)?.length !== held.length)
          const added = windows.add(state, time, streamTime, time)
          state = added.items
          expect(added.isLate).toBe(isLate)
          expect(added.updated).toEqual(isLate ? [] : changed.map(([start, items]) => ({ start, end: start + difference, items }))) // prettier-ignore
          expect(state.length).toBeLessThanOrEqual(taken.length)
          expect(windows.dueAt(state) ?? Infinity).toBeGreaterThan(streamTime)
        }
      }),
    )
  })

  it('drop what no window can need', () => {
    const windows = sliding({ difference: 10, grace: 5 })
    const { items } = windows.add([], 0, 0, 'a')
    expect(windows.prune(items, windows.dueAt(items)! - 1)).toBe(items)
    expect(windows.prune(items, windows.dueAt(items)!)).toEqual([])
  })
})

it.each([
  [() => tumbling({ size: '10 minutes' }), 'size must be a duration of at least 1 ms such as "10m" or 600000, not "10 minutes"'],
  [() => tumbling({ size: 0 }), 'size must be a duration of at least 1 ms such as "10m" or 600000, not 0'],
  [() => hopping({ size: 10, advance: 20 }), 'advance must be at most size, or some events would be in no window: it is 20 ms, and size 10 ms'],
  [() => session({ gap: '1m', grace: -1 }), 'grace must be a duration of at least 0 ms such as "10m" or 600000, not -1'],
])('a wrong window is refused %#', (make, message) => {
  expect(make).toThrow(new Error(message))
}) // prettier-ignore
