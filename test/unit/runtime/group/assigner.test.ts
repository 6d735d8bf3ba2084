import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assign, giveSlots, type MemberClaim } from '../../../../src/runtime/group/assigner.ts'

const member = (memberId: string, owned: number[] = [], generation = 1, slot?: number, settled: number[] = []): MemberClaim => ({
  memberId,
  owned,
  generation,
  slot,
  settled,
}) // prettier-ignore
const asObject = (assigned: Map<string, number[]>) => Object.fromEntries(assigned)

const claims = fc.uniqueArray(
  fc.record({ memberId: fc.string({ minLength: 1 }), owned: fc.uniqueArray(fc.nat(15)), generation: fc.nat(9), slot: fc.option(fc.nat(25), { nil: undefined }), settled: fc.uniqueArray(fc.nat(25)) }), // prettier-ignore
  { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 9 },
)

describe('assigning partition numbers to members', () => {
  test('one member gets all of them', () => {
    expect(asObject(assign([member('a')], 3))).toEqual({ a: [0, 1, 2] })
  })

  test('members keep what they have when nothing changes', () => {
    expect(asObject(assign([member('b', [0, 2]), member('a', [1])], 3))).toEqual({ b: [0, 2], a: [1] })
  })

  test('a new member takes one partition from the member that has most', () => {
    expect(asObject(assign([member('a', [0, 1, 2]), member('b')], 3))).toEqual({ a: [0, 1], b: [2] })
  })

  test('the partitions of a member that is gone go to those with least', () => {
    expect(asObject(assign([member('a', [0]), member('b', [1])], 3))).toEqual({ a: [0, 2], b: [1] })
  })

  test('of two claims to one partition the newer generation counts', () => {
    expect(asObject(assign([member('a', [0], 3), member('b', [0], 5)], 2))).toEqual({ a: [1], b: [0] })
  })

  test('a claim to a partition that does not exist is ignored', () => {
    expect(asObject(assign([member('a', [0, 7])], 2))).toEqual({ a: [0, 1] })
  })

  test('every partition goes to exactly one member, and shares differ by one at the most', () => {
    fc.assert(
      fc.property(claims, fc.nat(20), (members, partitions) => {
        const shares = [...assign(members, partitions).values()]
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p))
        const sizes = shares.map(({ length }) => length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('the order in which members are listed does not matter', () => {
    fc.assert(
      fc.property(claims, fc.nat(20), (members, partitions) => {
        expect(asObject(assign([...members].reverse(), partitions))).toEqual(asObject(assign(members, partitions)))
      }),
    )
  })

  test('an assignment that is even already is kept as it is', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 }),
        fc.nat(20),
        (ids, partitions) => {
          const before = assign(
            ids.map((id) => member(id)),
            partitions,
          )
          const after = assign(
            ids.map((id) => member(id, before.get(id), 2)),
            partitions,
          )
          expect(asObject(after)).toEqual(asObject(before))
        },
      ),
    )
  })
})

describe('giving slots to members', () => {
  const given = (members: readonly MemberClaim[], partitions: number, generation = 2) => {
    const { slots, shares, settled } = giveSlots(members, assign(members, partitions), { partitions, generation })
    return { slots: Object.fromEntries(slots), shares: Object.fromEntries(shares), settled }
  }

  test('a member keeps its slot, and a new one gets the smallest that is free', () => {
    expect(given([member('a', [0, 1], 1, 2), member('b'), member('c', [2, 3], 1, 0)], 4)).toEqual({ slots: { a: 2, b: 1, c: 0 }, shares: { a: [3], b: [], c: [] }, settled: [] }) // prettier-ignore
  })

  test('of two claims to one slot the newer counts', () => {
    expect(given([member('a', [0, 1], 3, 0), member('b', [2, 3], 5, 0)], 4).slots).toEqual({ a: 1, b: 0 })
  })

  test('a member without partitions has none, whatever it had, and nothing to end', () => {
    expect(given([member('a', [0], 2, 1), member('b', [], 1, 0)], 1)).toEqual({ slots: { a: 0 }, shares: { a: [] }, settled: [] }) // prettier-ignore
  })

  test('the first member of a group ends the transactions of all slots but its own', () => {
    expect(given([member('a', [], -1)], 4, 1)).toEqual({ slots: { a: 0 }, shares: { a: [1, 2, 3] }, settled: [] })
  })

  test('several share them out', () => {
    const { shares } = given([member('a', [], -1), member('b', [], -1), member('c', [], -1)], 9, 1)
    expect(shares).toEqual({ a: [3, 6], b: [4, 7], c: [5, 8] })
  })

  test('of a member that is gone, one of the others ends the transaction, and nobody those that are settled', () => {
    const before = [member('a', [0, 1], 1, 0, [3, 4, 5]), member('c', [4, 5], 1, 2, [3, 4, 5])]
    expect(given(before, 6)).toEqual({ slots: { a: 0, c: 2 }, shares: { a: [1], c: [] }, settled: [3, 4, 5] })
  })

  test('what one member has settled in the last generation counts for all', () => {
    const before = [member('a', [0, 1], 1, 0, [2]), member('b', [2, 3], 1, 1, [3])]
    expect(given(before, 4)).toMatchObject({ shares: { a: [], b: [] }, settled: [2, 3] })
  })

  test('what was settled before a generation that passed all members by counts no more', () => {
    const before = [member('a', [0, 1], 1, 0, [2, 3]), member('b', [2, 3], 1, 1, [2, 3])]
    expect(given(before, 4, 3)).toMatchObject({ shares: { a: [2], b: [3] }, settled: [] })
  })

  test('slots are different ones below the number of partitions, and every other is in one share or settled', () => {
    fc.assert(
      fc.property(claims, fc.nat(20), fc.nat(10), (members, partitions, generation) => {
        const assigned = assign(members, partitions)
        const { slots, shares, settled } = giveSlots(members, assigned, { partitions, generation })
        const all = [...slots.values(), ...[...shares.values()].flat(), ...settled]
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p))
        const sizes = [...shares.values()].map(({ length }) => length)
        if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        const working = [...assigned].filter(([, mine]) => mine.length > 0).map(([id]) => id)
        expect([...slots.keys()].sort()).toEqual(working.sort())
        expect([...shares.keys()].sort()).toEqual(working)
      }),
    )
  })
})
