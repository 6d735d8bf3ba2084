import { expect, test } from 'vitest'
import { follows, type Assigned } from '../../../../src/runtime/group/membership.ts'
import { claimOf, encodeClaim, encodeSlots, slotsIn } from '../../../../src/runtime/group/user-data.ts'

const assigned = (memberId: string, generation: number, slot?: number): Assigned => ({
  place: { memberId, generation },
  partitions: [0],
  slot,
  freeSlots: [],
  settle: () => undefined,
  ms: 0,
})

test.each([
  ['the very next generation', assigned('a', 8, 1), true],
  ['a generation that was passed over: somebody else may have owned the partitions', assigned('a', 9, 1), false],
  ['the same generation of a group that began again', assigned('a', 7, 1), false],
  ['another member id: it was put out meanwhile', assigned('b', 8, 1), false],
  ['another slot: its producer is another one', assigned('a', 8, 2), false],
  ['no slot', assigned('a', 8), false],
])('what a member had goes on in %s (%j): %s', (_, now, goesOn) => {
  expect(follows(assigned('a', 7, 1), now)).toBe(goesOn)
})

test('what members and their leader tell each other arrives', () => {
  const claim = { owned: [1, 2], generation: 5, slot: 0, settled: [1, 3] }
  expect(claimOf('a', encodeClaim(claim))).toEqual({ memberId: 'a', ...claim })
  const first = { owned: [], generation: -1, slot: undefined, settled: [] }
  expect(claimOf('a', encodeClaim(first))).toEqual({ memberId: 'a', ...first })
  expect(slotsIn(encodeSlots({ slot: 0, free: [1], settled: [2] }))).toEqual({ slot: 0, free: [1], settled: [2] })
  const none = { slot: undefined, free: [], settled: [] }
  expect(slotsIn(encodeSlots(none))).toEqual(none)
})

test('who says nothing of settled slots knows of none', () => {
  expect(claimOf('a', Buffer.from('{"owned":[1],"generation":5,"slot":0}'))).toMatchObject({ slot: 0, settled: [] })
  expect(slotsIn(Buffer.from('{"slot":0,"free":[1,2]}'))).toEqual({ slot: 0, free: [1, 2], settled: [] })
})

test.each(['', 'no JSON', '{"owned":[-1],"generation":1}', '{"owned":"all"}'])(
  'a member that says what nobody understands (%j) claims nothing, and has no slot',
  (text) => {
    expect(claimOf('a', Buffer.from(text))).toEqual({ memberId: 'a', owned: [], generation: -1, slot: undefined, settled: [] }) // prettier-ignore
    expect(slotsIn(Buffer.from(text))).toEqual({ slot: undefined, free: [], settled: [] })
  },
)
