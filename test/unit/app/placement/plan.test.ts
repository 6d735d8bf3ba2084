import { describe, expect, test } from 'vitest'
import { planElections, planReassignment, type PlacedPartition } from '../../../../src/app/placement/plan.ts'

const brokers = (count: number, racks: readonly (string | null)[] = []) =>
  Array.from({ length: count }, (_, nodeId) => ({ nodeId, rack: racks[nodeId] ?? null }))
const placed = (topic: string, ...replicas: readonly (readonly number[])[]): PlacedPartition[] =>
  replicas.map((of, partition) => ({ topic, partition, leader: of[0]!, replicas: of, bytes: 100 }))

/** Where everything is after these moves. */
function after(partitions: readonly PlacedPartition[], moves: ReturnType<typeof planReassignment>): number[][] {
  return partitions.map((at) => [...(moves.find((move) => move.topic === at.topic && move.partition === at.partition)?.to ?? at.replicas)]) // prettier-ignore
}
const countOf = (ids: readonly number[]): Record<number, number> =>
  ids.reduce<Record<number, number>>((sum, id) => ({ ...sum, [id]: (sum[id] ?? 0) + 1 }), {})

describe('spreading partitions over brokers', () => {
  test('from one broker to three, each holds and leads its share, and only what must be moves', () => {
    const partitions = placed('orders', [0], [0], [0])
    const moves = planReassignment(partitions, { brokers: brokers(3) })
    expect(after(partitions, moves).flat().sort()).toEqual([0, 1, 2])
    expect(moves.map(({ adding, bytes }) => [adding.length, bytes])).toEqual([[1, 100], [1, 100]]) // prettier-ignore
  })

  test('with more replicas, every broker holds as many and leads as many', () => {
    const partitions = [...placed('orders', [0], [0], [0]), ...placed('payments', [0], [0], [0])]
    const moves = planReassignment(partitions, { brokers: brokers(3), replicationFactor: 3 })
    const all = after(partitions, moves)
    expect(countOf(all.flat())).toEqual({ 0: 6, 1: 6, 2: 6 })
    expect(countOf(all.map(([leader]) => leader!))).toEqual({ 0: 2, 1: 2, 2: 2 })
    expect(moves.every(({ adding }) => adding.length === 2)).toBe(true)
    expect(all.every((replicas) => new Set(replicas).size === 3)).toBe(true)
  })

  test('what is in balance stays', () => {
    const partitions = placed('orders', [0, 1], [1, 2], [2, 0])
    expect(planReassignment(partitions, { brokers: brokers(3) })).toEqual([])
  })

  test('away from a broker that is not among those named', () => {
    const partitions = placed('orders', [0, 1], [1, 2], [2, 0])
    const moves = planReassignment(partitions, { brokers: brokers(3).slice(0, 2) })
    expect(after(partitions, moves).flat()).not.toContain(2)
    expect(moves.map(({ partition }) => partition)).toEqual([1, 2])
  })

  test('fewer replicas keep the leader', () => {
    const partitions = [{ topic: 'orders', partition: 0, leader: 2, replicas: [0, 1, 2], bytes: 100 }]
    const moves = planReassignment(partitions, { brokers: brokers(3), replicationFactor: 1 })
    expect(moves).toEqual([{ topic: 'orders', partition: 0, from: [0, 1, 2], to: [2], adding: [], bytes: 0 }])
  })

  test('replicas of a partition are in different racks where there are enough', () => {
    const partitions = placed('orders', [0], [1], [2], [3])
    const racked = brokers(4, ['a', 'a', 'b', 'b'])
    const all = after(partitions, planReassignment(partitions, { brokers: racked, replicationFactor: 2 }))
    for (const replicas of all) expect(new Set(replicas.map((id) => racked[id]!.rack)).size).toBe(2)
    expect(countOf(all.flat())).toEqual({ 0: 2, 1: 2, 2: 2, 3: 2 })
  })

  test('a partition without a leader, and sizes that nobody knows, can be planned', () => {
    const partitions = [{ topic: 'orders', partition: 0, leader: -1, replicas: [5] }]
    const [move] = planReassignment(partitions, { brokers: brokers(2) })
    expect(move).toMatchObject({ from: [5], adding: [0], bytes: null })
  })

  test('fewer replicas than must be in sync are refused, unless there were as few before', () => {
    const partitions = placed('orders', [0, 1]).map((at) => ({ ...at, minInsync: 2 }))
    expect(() => planReassignment(partitions, { brokers: brokers(2), replicationFactor: 1 })).toThrow(
      expect.objectContaining({ code: 'MIN_INSYNC_REPLICAS', hint: 'first: `payflow topics configure orders min.insync.replicas=1`' }) as Error, // prettier-ignore
    )
    const single = placed('orders', [0], [0]).map((at) => ({ ...at, minInsync: 2 }))
    expect(planReassignment(single, { brokers: brokers(2) })).toHaveLength(1)
  })

  test('more replicas than brokers are refused', () => {
    expect(() => planReassignment(placed('orders', [0]), { brokers: brokers(2), replicationFactor: 3 })).toThrow(
      expect.objectContaining({ code: 'TOO_FEW_BROKERS', kind: 'usage' }) as Error,
    )
  })
})

describe('electing preferred leaders', () => {
  test('where another leads, if the preferred one is in sync', () => {
    const at = (partition: number, leader: number, isr: readonly number[]) => ({ topic: 'orders', partition, leader, replicas: [1, 2, 0], isr }) // prettier-ignore
    const { elect, impossible } = planElections([at(0, 1, [0, 1, 2]), at(1, 2, [0, 1, 2]), at(2, 0, [0, 2])])
    expect(elect).toEqual([{ topic: 'orders', partition: 1, leader: 2, preferred: 1 }])
    expect(impossible).toEqual([{ topic: 'orders', partition: 2, leader: 0, preferred: 1 }])
  })
})
