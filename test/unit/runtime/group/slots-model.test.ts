import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assign, giveSlots, type MemberClaim } from '../../../../src/runtime/group/assigner.ts'

const PARTITIONS = 6

/** A moment at which the group rebalances. Numbers name living members, and slots of their shares, modulo how many there are. */
const rebalances = fc.array(
  fc.record({
    joining: fc.nat(3),
    dying: fc.array(fc.nat(9), { maxLength: 3 }),
    /** Alive, but late: the group goes on without them, and they come back with what they knew. */
    late: fc.array(fc.nat(9), { maxLength: 2 }),
    /** A generation begins, and another before it was assigned. */
    skipped: fc.boolean(),
    /** Which part of its share each member has ended before the next rebalance. */
    endedEach: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
)

test('whoever joins, dies, is late or comes back: a slot in which a transaction may be open has a holder, or one living member ends it', () => {
  fc.assert(
    fc.property(rebalances, fc.uniqueArray(fc.nat(PARTITIONS - 1)), (steps, leftOpen) => {
      const open = new Set(leftOpen)
      let members: MemberClaim[] = []
      let late: MemberClaim[] = []
      let generation = 0
      let ids = 0
      for (const { joining, dying, late: away, skipped, endedEach } of steps) {
        const pick = (numbers: number[]) => new Set(numbers.map((n) => members[n % members.length]))
        const dead = pick(members.length > 0 ? dying : [])
        const absent = pick(members.length > 0 ? away : [])
        const back = late.map((claim) => ({ ...claim, memberId: `m${ids++}` }))
        late = members.filter((member) => absent.has(member) && !dead.has(member))
        const fresh = Array.from({ length: joining }, (): MemberClaim => ({ memberId: `m${ids++}`, owned: [], generation: -1, slot: undefined, settled: [] })) // prettier-ignore
        const joined = [...members.filter((member) => !dead.has(member) && !absent.has(member)), ...back, ...fresh]
        generation += skipped ? 2 : 1
        members = []
        if (joined.length === 0) continue

        const assigned = assign(joined, PARTITIONS)
        const { slots, shares, settled } = giveSlots(joined, assigned, { partitions: PARTITIONS, generation })
        const held = new Set(slots.values())
        const careOf = (slot: number) => [...shares.values()].filter((share) => share.includes(slot)).length + (held.has(slot) ? 1 : 0) // prettier-ignore
        const wrong = [...open].filter((slot) => settled.includes(slot) || careOf(slot) !== 1)
        if (wrong.length > 0) expect({ wrong, slots, shares, settled }).toBeUndefined()
        for (const slot of held) open.add(slot)
        members = joined.map(({ memberId }) => {
          const ended = (shares.get(memberId) ?? []).filter((_, n) => n % endedEach === 0)
          for (const slot of ended) open.delete(slot)
          return { memberId, owned: assigned.get(memberId)!, generation, slot: slots.get(memberId), settled: [...settled, ...ended] } // prettier-ignore
        })
      }
    }),
    { numRuns: 300 },
  )
})
