/** What a member of the group said when it joined. */
export interface MemberClaim {
  readonly memberId: string
  /** Partition numbers it was given last. */
  readonly owned: readonly number[]
  /** Generation in which it was given them: of two claims to one partition or slot the newer counts. */
  readonly generation: number
  /** The slot it was given last; undefined: none. */
  readonly slot: number | undefined
  /** Slots that nobody had in that generation, and of which this member knows that no transaction is open. */
  readonly settled: readonly number[]
}

/**
 * Gives each partition number (with that partition of every input, inbox and changelog) to one member: evenly, and as few as
 * possible move. Members that own more keep the larger shares; what is over or unclaimed goes to who has least.
 * A pure function of its arguments, so that every leader decides alike.
 */
export function assign(members: readonly MemberClaim[], partitions: number): Map<string, number[]> {
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const kept = keptBy(sorted, partitions)
  const share = Math.floor(partitions / sorted.length)
  let larger = partitions - share * sorted.length
  const quota = new Map<string, number>()
  for (const { memberId } of [...sorted].sort((a, b) => kept.get(b.memberId)!.length - kept.get(a.memberId)!.length)) {
    quota.set(memberId, share + (larger > 0 ? 1 : 0))
    larger--
  }
  for (const { memberId } of sorted) kept.get(memberId)!.splice(quota.get(memberId)!)
  const taken = new Set([...kept.values()].flat())
  const free = Array.from({ length: partitions }, (_, p) => p).filter((p) => !taken.has(p))
  for (const { memberId } of sorted) {
    const mine = kept.get(memberId)!
    mine.push(...free.splice(0, quota.get(memberId)! - mine.length))
    mine.sort((a, b) => a - b)
  }
  return kept
}

function keptBy(members: readonly MemberClaim[], partitions: number): Map<string, number[]> {
  const owner = new Map<number, MemberClaim>()
  for (const member of members)
    for (const p of member.owned)
      if (p < partitions && (owner.get(p)?.generation ?? -1) < member.generation) owner.set(p, member)
  const kept = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]))
  for (const [p, { memberId }] of [...owner].sort(([a], [b]) => a - b)) kept.get(memberId)!.push(p)
  return kept
}

/** Who has which slot, and what becomes of those that nobody has: each is either settled, or in one member's share. */
export interface SlotPlan {
  readonly slots: ReadonlyMap<string, number>
  /** By member with partitions: free slots whose transactions it is to end. */
  readonly shares: ReadonlyMap<string, readonly number[]>
  /** Free slots without a transaction. */
  readonly settled: readonly number[]
}

/**
 * Gives each member that has partitions a number of its own, below their count: whose transactions are whose. A member keeps its slot as
 * long as it has partitions; a new one gets the smallest that is free. What nobody is known to have settled is shared out evenly. Only
 * members of the last generation know: in one that passed all of them by, any slot may have been used. A pure function of its arguments.
 */
export function giveSlots(
  members: readonly MemberClaim[],
  assigned: ReadonlyMap<string, readonly number[]>,
  { partitions, generation }: { partitions: number; generation: number },
): SlotPlan {
  const slots = new Map<string, number>()
  const free = new Set(Array.from({ length: partitions }, (_, slot) => slot))
  const give = (memberId: string, slot: number): void => {
    free.delete(slot)
    slots.set(memberId, slot)
  }
  const working = members.filter(({ memberId }) => (assigned.get(memberId)?.length ?? 0) > 0)
  const newest = [...working].sort((a, b) => b.generation - a.generation || (a.memberId < b.memberId ? -1 : 1))
  for (const { memberId, slot } of newest) if (slot !== undefined && free.has(slot)) give(memberId, slot)
  for (const { memberId } of newest) if (!slots.has(memberId)) give(memberId, Math.min(...free))
  const witnesses = members.filter((member) => member.generation === generation - 1)
  const known = new Set(witnesses.flatMap(({ settled }) => settled))
  const unsettled = [...free].filter((slot) => !known.has(slot))
  const sharing = [...slots.keys()].sort()
  const shares = new Map(sharing.map((memberId, i) => [memberId, unsettled.filter((_, n) => n % sharing.length === i)]))
  return { slots, shares, settled: [...free].filter((slot) => known.has(slot)) }
}
