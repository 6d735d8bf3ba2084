import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assign, giveSlots, type MemberClaim } from '../../../../src/runtime/group/assigner.ts'

const member = (memberId: string, owned: number[] = [], generation = 1, slot?: number): MemberClaim => ({
  memberId,
  owned,
  generation,
  slot,
})
const asObject = (assigned: Map<string, number[]>) => Object.fromEntries(assigned)

const claims = fc.uniqueArray(
  fc.record({ memberId: fc.string({ minLength: 1 }), owned: fc.uniqueArray(fc.nat(15)), generation: fc.nat(9), slot: fc.option(fc.nat(25), { nil: undefined }) }), // prettier-ignore
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
  const given = (members: readonly MemberClaim[], partitions: number) => {
    const { slots, free } = giveSlots(members, assign(members, partitions), partitions)
    return { slots: Object.fromEntries(slots), free }
  }

  test('a member keeps its slot, and a new one gets the smallest that is free', () => {
    expect(given([member('a', [0, 1], 1, 2), member('b'), member('c', [2, 3], 1, 0)], 4)).toEqual({ slots: { a: 2, b: 1, c: 0 }, free: [3] }) // prettier-ignore
  })

  test('the slot of a member that is gone is free', () => {
    expect(given([member('b', [2, 3], 1, 1)], 4)).toEqual({ slots: { b: 1 }, free: [0, 2, 3] })
  })

  test('of two claims to one slot the newer counts', () => {
    expect(given([member('a', [0, 1], 3, 0), member('b', [2, 3], 5, 0)], 4).slots).toEqual({ a: 1, b: 0 })
  })

  test('a member without partitions has none, whatever it had', () => {
    expect(given([member('a', [0], 2, 1), member('b', [], 1, 0)], 1)).toEqual({ slots: { a: 0 }, free: [] })
  })

  test('slots are different ones below the number of partitions, and every other is free', () => {
    fc.assert(
      fc.property(claims, fc.nat(20), (members, partitions) => {
        const assigned = assign(members, partitions)
        const { slots, free } = giveSlots(members, assigned, partitions)
        expect([...slots.values(), ...free].sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p)) // prettier-ignore
        expect([...slots.keys()].sort()).toEqual([...assigned].filter(([, mine]) => mine.length > 0).map(([id]) => id).sort()) // prettier-ignore
      }),
    )
  })
})
