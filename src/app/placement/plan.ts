import { usage } from '../../settings/refuse.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'

export interface PlacedPartition extends TopicPartition {
  /** -1: none. */
  readonly leader: number
  /** The preferred leader first. */
  readonly replicas: readonly number[]
  /** Of one replica; undefined: not known. */
  readonly bytes?: number | undefined
  /** How many must be in sync for a write to be taken; undefined: not known. */
  readonly minInsync?: number | undefined
}

export interface PlaceableBroker {
  readonly nodeId: number
  readonly rack: string | null
}

export interface PlannedMove extends TopicPartition {
  readonly from: readonly number[]
  /** The preferred leader first. */
  readonly to: readonly number[]
  readonly adding: readonly number[]
  /** To be copied; null: not known. */
  readonly bytes: number | null
}

interface Wish {
  readonly brokers: readonly PlaceableBroker[]
  /** Absent: as many replicas as each topic has. */
  readonly replicationFactor?: number | undefined
}

/**
 * Where the replicas of these partitions are to be, so that the brokers hold equal shares of each topic and lead equal shares of it. What can
 * stay stays: a replica moves only if its broker is not among those named, or has more than its share. Partitions that are there already
 * are left out. @throws PayflowError (usage) for more replicas than brokers, and for fewer than must be in sync
 */
export function planReassignment(partitions: readonly PlacedPartition[], { brokers, replicationFactor }: Wish): PlannedMove[] {
  const load = new Map(brokers.map(({ nodeId }) => [nodeId, 0]))
  const led = new Map(load)
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  return topics.flatMap((topic) => {
    const own = partitions.filter((at) => at.topic === topic)
    const factor = replicationFactor ?? Math.max(...own.map(({ replicas }) => replicas.length))
    if (factor > brokers.length)
      throw usage('TOO_FEW_BROKERS', `${topic} wants ${factor} replicas, and there ${brokers.length === 1 ? 'is one broker' : `are ${brokers.length} brokers`} to place them on`, 'name more brokers with --to-brokers, or fewer replicas with --replication-factor') // prettier-ignore
    for (const at of own) refuseUnwritable(at, factor)
    const placed = withLeaders(own, placeReplicas(own, factor, brokers, load), led)
    return own.flatMap((at, i) => {
      const to = placed[i]!
      const adding = to.filter((id) => !at.replicas.includes(id))
      const bytes = at.bytes === undefined ? (adding.length === 0 ? 0 : null) : at.bytes * adding.length
      const moves = to.join() !== at.replicas.join()
      return moves ? [{ topic, partition: at.partition, from: at.replicas, to, adding, bytes }] : []
    })
  })
} // prettier-ignore

/** With fewer replicas than must be in sync, every write would be refused. */
function refuseUnwritable({ topic, replicas, minInsync = 0 }: PlacedPartition, factor: number): void {
  if (factor >= minInsync || factor >= replicas.length) return
  throw usage('MIN_INSYNC_REPLICAS', `${topic} would have fewer replicas (${factor}) than must be in sync (min.insync.replicas=${minInsync}): every write would be refused`, `first: \`payflow topics configure ${topic} min.insync.replicas=${factor}\``) // prettier-ignore
}

/** Replicas of one topic, in no order that counts. */
function placeReplicas(
  own: readonly PlacedPartition[],
  factor: number,
  brokers: readonly PlaceableBroker[],
  load: Map<number, number>,
): number[][] {
  const share = Math.ceil((own.length * factor) / brokers.length)
  const count = new Map(brokers.map(({ nodeId }) => [nodeId, 0]))
  const take = (id: number): void => {
    count.set(id, count.get(id)! + 1)
    load.set(id, load.get(id)! + 1)
  }
  // the leader stays before the others: nothing has to be elected then
  const kept = own.map(({ replicas, leader }) => {
    const inOrder = [...replicas].sort((a, b) => Number(b === leader) - Number(a === leader))
    const staying = inOrder.filter((id) => (count.get(id) ?? share) < share).slice(0, factor)
    staying.forEach(take)
    return staying
  })
  const rackOf = new Map(brokers.map(({ nodeId, rack }) => [nodeId, rack]))
  for (const replicas of kept)
    while (replicas.length < factor) {
      const racks = new Set(replicas.map((id) => rackOf.get(id)).filter((rack) => rack !== null))
      const rank = ({ nodeId, rack }: PlaceableBroker): number[] => [count.get(nodeId)! >= share ? 1 : 0, rack !== null && racks.has(rack) ? 1 : 0, count.get(nodeId)!, load.get(nodeId)!, nodeId] // prettier-ignore
      const free = brokers.filter(({ nodeId }) => !replicas.includes(nodeId))
      const best = free.reduce((a, b) => (isBefore(rank(b), rank(a)) ? b : a))
      take(best.nodeId)
      replicas.push(best.nodeId)
    }
  return kept
}

/** The same replicas, the one that is to lead first. */
function withLeaders(
  own: readonly PlacedPartition[],
  placed: readonly (readonly number[])[],
  led: Map<number, number>,
): number[][] {
  const holders = new Set(placed.flat())
  const share = Math.ceil(own.length / holders.size)
  const count = new Map([...holders].map((id) => [id, 0]))
  return placed.map((replicas, i) => {
    const { leader } = own[i]!
    const stays = replicas.includes(leader) && count.get(leader)! < share
    const rank = (id: number): number[] => [count.get(id)!, led.get(id)!, replicas.indexOf(id)]
    const first = stays ? leader : replicas.reduce((a, b) => (isBefore(rank(b), rank(a)) ? b : a))
    count.set(first, count.get(first)! + 1)
    led.set(first, led.get(first)! + 1)
    return [first, ...replicas.filter((id) => id !== first)]
  })
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i])
  return at >= 0 && a[at]! < b[at]!
}

/** Bytes that are to be copied, as far as they are known. */
export const bytesToCopy = (moves: readonly PlannedMove[]): number =>
  moves.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)

interface PlannedElection extends TopicPartition {
  readonly leader: number
  readonly preferred: number
}

/** Partitions that another than their preferred replica leads, and those of them whose preferred replica cannot lead: it is not in sync. */
export function planElections(partitions: readonly (PlacedPartition & { readonly isr: readonly number[] })[]): {
  elect: PlannedElection[]
  impossible: PlannedElection[]
} {
  const others = partitions.filter(({ leader, replicas }) => leader !== replicas[0])
  const planned = ({ topic, partition, leader, replicas }: PlacedPartition): PlannedElection => ({ topic, partition, leader, preferred: replicas[0]! }) // prettier-ignore
  return {
    elect: others.filter(({ isr, replicas }) => isr.includes(replicas[0]!)).map(planned),
    impossible: others.filter(({ isr, replicas }) => !isr.includes(replicas[0]!)).map(planned),
  }
}
