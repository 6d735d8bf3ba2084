import { describe, expect, test } from 'vitest'
import { describeWorkerReset, planWorkerReset, type ResetState } from '../../../../src/app/workers/reset-plan.ts'
import { publicTopics } from '../../../../src/pipeline/events/topics.ts'
import { findWorker, defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'

const options = { keepOutput: false, partitions: 3, replicationFactor: 1 }
const named = (...names: string[]) => names.map((name) => findWorker(name)!)
const sized = (partitions: number) => ({ partitions, replicationFactor: 1 })

function state(change: Partial<ResetState> = {}, topics: Record<string, number> = {}): ResetState {
  const all = new Map(publicTopics.map(({ name }) => [name, sized(3)]))
  for (const [topic, partitions] of Object.entries(topics)) all.set(topic, sized(partitions))
  return { topics: all, groups: [], members: [], deadLetters: new Map(), foreignReaders: [], ...change }
}

const plan = (names: readonly string[], at = state(), how = options) =>
  planWorkerReset(named(...names), workers, at, how)

describe('rebuilding a worker', () => {
  test('deletes its output, its group and what it keeps, and nothing else', () => {
    const at = state(
      { groups: ['payflow-aggregated-revenue', 'payflow-large-orders', 'other'] },
      { 'payflow-aggregated-revenue-state': 3, 'payflow-aggregated-revenue-inbox': 3, 'payflow-large-orders-state': 3 },
    )
    expect(plan(['aggregated-revenue'], at)).toMatchObject({
      workers: ['aggregated-revenue'],
      deleteGroups: ['payflow-aggregated-revenue'],
      deleteOutputs: ['aggregated_revenue'],
      deleteInternal: ['payflow-aggregated-revenue-state', 'payflow-aggregated-revenue-inbox'],
      createTopics: [
        { topic: 'aggregated_revenue', partitions: 3 },
        { topic: 'payflow-aggregated-revenue-state', partitions: 3 },
        { topic: 'payflow-aggregated-revenue-inbox', partitions: 3 },
      ],
      notes: [],
    })
  })

  test('rebuilds those that read what it writes as well, and says why', () => {
    const { workers: affected, deleteOutputs, notes } = plan(['failed-payments'])
    expect(affected).toEqual(['failed-payments', 'frequent-failed-payments'])
    expect(deleteOutputs).toEqual(['failed_payments', 'frequent_failed_payments'])
    expect(notes).toEqual(['frequent-failed-payments is reset too: it reads failed_payments'])
  })

  test('keeps the output when that is wanted, and says that every result comes twice, to its readers too', () => {
    const kept = plan(['failed-payments'], state(), { ...options, keepOutput: true })
    expect(kept).toMatchObject({ workers: ['failed-payments'], deleteOutputs: [] })
    expect(kept.createTopics.map(({ topic }) => topic)).not.toContain('failed_payments')
    expect(kept.notes).toEqual([
      'failed_payments keeps what it holds and gets every result a second time',
      'frequent-failed-payments will count each record of failed_payments twice',
    ])
  })

  test('makes what it keeps as wide as the inputs are now, and the output as it was', () => {
    const at = state({}, { orders: 6, aggregated_revenue: 2, 'payflow-aggregated-revenue-state': 3 })
    expect(plan(['aggregated-revenue'], at).createTopics).toMatchObject([
      { topic: 'aggregated_revenue', partitions: 2 },
      { topic: 'payflow-aggregated-revenue-state', partitions: 6 },
      { topic: 'payflow-aggregated-revenue-inbox', partitions: 6 },
    ])
  })

  test('fences every producer that may be alive: those of the old width and of the new', () => {
    const ids = (partitions: number) => Array.from({ length: partitions }, (_, p) => `payflow-large-orders-${p}`)
    const grown = plan(['large-orders'], state({}, { payments: 5, 'payflow-large-orders-state': 3 }))
    expect(grown.fence).toEqual([{ worker: 'large-orders', transactionalIds: ids(5) }])
    const shrunk = plan(['large-orders'], state({}, { payments: 2, 'payflow-large-orders-state': 4 }))
    expect(shrunk.fence).toEqual([{ worker: 'large-orders', transactionalIds: ids(4) }])
  })

  test('makes its dead letters void, and warns the readers of its output that are not payflow’s', () => {
    const deadLetters = new Map([['large-orders', 2], ['failed-payments', 7]]) // prettier-ignore
    const foreignReaders = [{ group: 'billing', topic: 'large_orders' }]
    const { voidDeadLetters, notes } = plan(['large-orders'], state({ deadLetters, foreignReaders }))
    expect(voidDeadLetters).toEqual(['large-orders'])
    expect(notes).toEqual([
      '2 dead letters of large-orders become void: it will judge those records again',
      'group billing has offsets in large_orders, which starts again at 0: move it with `payflow groups reset billing --topic large_orders --to start --yes`', // prettier-ignore
    ])
  })

  test('is refused when an input is missing', () => {
    const at = state()
    const topics = new Map([...at.topics].filter(([topic]) => topic !== 'users'))
    expect(() => plan(['process-orders'], { ...at, topics })).toThrow('process-orders reads users, which does not exist') // prettier-ignore
  })

  test('is refused when joined inputs have different widths, with the command that helps', () => {
    expect(() => plan(['process-orders'], state({}, { users: 6 }))).toThrow(
      expect.objectContaining({
        code: 'NOT_COPARTITIONED',
        hint: 'first: `payflow topics add-partitions orders 6`',
      }) as Error,
    )
  })

  test('creates a topic once that two of the workers share, and an output that never was', () => {
    const at = state()
    const topics = new Map([...at.topics].filter(([topic]) => topic !== 'failed_payments'))
    const { createTopics, deleteOutputs } = plan(['failed-payments', 'frequent-failed-payments'], { ...at, topics })
    const created = createTopics.map(({ topic }) => topic)
    expect(new Set(created).size).toBe(created.length)
    expect(created).toContain('failed_payments')
    expect(deleteOutputs).toEqual(['frequent_failed_payments'])
  })

  test('is told in lines, with who must end first', () => {
    const members = [{ group: 'payflow-large-orders', clientId: 'payflow', host: '127.0.0.1' }]
    expect(describeWorkerReset(plan(['large-orders'], state({ members })))).toEqual([
      'rebuild: large-orders',
      'delete groups: none',
      'delete topics: large_orders',
      'create large_orders: 3 partitions',
      'create payflow-large-orders-state: 3 partitions',
      'create payflow-large-orders-inbox: 3 partitions',
      'first end the member of payflow-large-orders: payflow at 127.0.0.1',
    ])
  })
})
