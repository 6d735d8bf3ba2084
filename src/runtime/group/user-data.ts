import { z } from 'zod'
import type { MemberClaim } from './assigner.ts'

const number = z.int().nonnegative()
const numbers = z.array(number)
const claimSchema = z.object({
  owned: numbers,
  generation: z.int(),
  slot: number.optional(),
  settled: numbers.default([]),
})
const slotsSchema = z.object({ slot: number.optional(), free: numbers, settled: numbers.default([]) })

/** What a leader says beside the partitions: the member's slot, and those that nobody has. Earlier members read `free` alone. */
export interface Slots {
  readonly slot: number | undefined
  /** Of these this member is to end the transactions. */
  readonly free: readonly number[]
  /** These have none. */
  readonly settled: readonly number[]
}

export const encodeClaim = (claim: Omit<MemberClaim, 'memberId'>): Buffer => Buffer.from(JSON.stringify(claim))
export const encodeSlots = (slots: Slots): Buffer => Buffer.from(JSON.stringify(slots))

/** What a member says that it has; nothing where that cannot be read. */
export function claimOf(memberId: string, userData: Buffer): MemberClaim {
  const { data } = claimSchema.safeParse(jsonIn(userData))
  return { memberId, owned: [], generation: -1, settled: [], ...data, slot: data?.slot }
}

/** Nothing for a member that was assigned nothing. */
export function slotsIn(userData: Buffer): Slots {
  const { data } = slotsSchema.safeParse(jsonIn(userData))
  return { slot: data?.slot, free: data?.free ?? [], settled: data?.settled ?? [] }
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
