import { describe, expect, test } from 'vitest'
import { planGroupReset, type GroupFacts, type ReadPartition } from '../../../../src/app/group-reset/plan.ts'
import { findWorker } from '../../../../src/pipeline/workers/index.ts'

const at = (committed: number | null, more: Partial<ReadPartition> = {}): ReadPartition => ({
  topic: 'payments',
  partition: 0,
  start: 10,
  end: 100,
  committed,
  ...more,
})
const facts = (partitions: readonly ReadPartition[], more: Partial<GroupFacts> = {}): GroupFacts => ({
  group: 'billing',
  members: [],
  worker: undefined,
  rate: undefined,
  partitions,
  ...more,
})

describe('where a group moves to', () => {
  test.each([
    [{ kind: 'start' }, 10],
    [{ kind: 'end' }, 100],
    [{ kind: 'offset', offset: 60 }, 60],
    [{ kind: 'shift', by: 20 }, 70],
    [{ kind: 'shift', by: -20 }, 30],
    [{ kind: 'time', ms: 1 }, 42],
  ] as const)('%j', (target, to) => {
    const { moves } = planGroupReset(facts([at(50, { atTime: 42 })]), target)
    expect(moves).toEqual([{ topic: 'payments', partition: 0, from: 50, to }])
  })

  test('a time after the last record is the end', () => {
    expect(planGroupReset(facts([at(50)]), { kind: 'time', ms: 1 }).moves[0]).toMatchObject({ to: 100 })
  })

  test('a position beyond the log is its nearest end, and that is said', () => {
    const { moves, notes } = planGroupReset(facts([at(50)]), { kind: 'shift', by: -45 })
    expect(moves).toEqual([{ topic: 'payments', partition: 0, from: 50, to: 10, asked: 5 }])
    expect(notes).toEqual(['payments/0 does not hold offset 5: 10 is as near as it gets'])
  })

  test('an empty log says nothing of positions beyond it, and nothing is on or back from no offset', () => {
    const empty = at(null, { start: 5, end: 5 })
    expect(planGroupReset(facts([empty]), { kind: 'offset', offset: 99 })).toMatchObject({ moves: [{ from: null, to: 5 }], notes: [] }) // prettier-ignore
    expect(planGroupReset(facts([empty, at(null)]), { kind: 'shift', by: -3 }).moves).toEqual([])
  })

  test('what stands there already does not move', () => {
    const partitions = [at(10), at(50, { partition: 1 }), at(null, { partition: 2 })]
    const { moves, unmoved } = planGroupReset(facts(partitions), { kind: 'start' })
    expect(moves.map(({ partition, from }) => [partition, from])).toEqual([[1, 50], [2, null]]) // prettier-ignore
    expect(unmoved).toBe(1)
  })
})

describe('what a worker makes of it', () => {
  const standing = { recorded: 50, recordedId: 'a', id: 'a', start: 10, end: 100, isInbox: false, committed: undefined }
  const of = (name: string, committed = 50): GroupFacts => {
    const worker = findWorker(name)!
    const own = at(committed, { standing: { ...standing, stateful: worker.state !== undefined } })
    return facts([own], { worker, group: `payflow-${name}` })
  }

  test('one without state reads again, and writes its results again', () => {
    const { notes, refusal } = planGroupReset(of('large-orders'), { kind: 'offset', offset: 20 })
    expect(refusal).toBeUndefined()
    expect(notes).toEqual([expect.stringContaining('a second time to large_orders; `payflow worker reset large-orders`')]) // prettier-ignore
  })

  test('one without state skips for good', () => {
    const { notes } = planGroupReset(of('large-orders'), { kind: 'end' })
    expect(notes).toEqual([expect.stringContaining('`payflow audit` will miss those results')])
  })

  test('one with state would refuse, and is rebuilt instead', () => {
    const { refusal } = planGroupReset(of('aggregated-revenue'), { kind: 'offset', offset: 20 })
    expect(refusal).toEqual({
      what: 'aggregated-revenue would refuse to start there: payflow-aggregated-revenue stands at offset 20 of payments/0, but its state was kept up to 50', // prettier-ignore
      hint: 'to read its inputs again, rebuild it with `payflow worker reset aggregated-revenue`',
    })
  })

  test('one with state is put back to where its state was kept up to', () => {
    const { refusal, notes } = planGroupReset(of('aggregated-revenue', 20), { kind: 'offset', offset: 50 })
    expect(refusal).toBeUndefined()
    expect(notes).toEqual(['aggregated-revenue keeps state, and goes on where that was kept up to'])
  })

  test('of a custom worker it is not known whether it keeps state', () => {
    const { notes } = planGroupReset(facts([at(50)], { group: 'payflow-my-sums' }), { kind: 'start' })
    expect(notes).toEqual([expect.stringContaining('`payflow worker reset` and its file')])
  })
})
