import { describe, expect, test } from 'vitest'
import { commandsAfter, planGrowth } from '../../../../src/app/workers/partition-growth.ts'
import { DEAD_LETTERS, publicTopics } from '../../../../src/pipeline/events/topics.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'

const topics = [...publicTopics.map(({ name }) => name), DEAD_LETTERS, 'payflow-large-orders-state', 'clicks'].map(
  (topic) => ({ topic, partitions: 3 }),
)
const grow = (topic: string, to: number, at = topics) => planGrowth(topic, to, at, workers)

describe('giving a topic more partitions', () => {
  test('names the workers that must be reset and the topics that are joined with it', () => {
    expect(grow('orders', 6)).toEqual({
      topic: 'orders',
      from: 3,
      to: 6,
      alsoGrow: ['users', 'payments'],
      reset: ['aggregated-revenue', 'process-orders', 'process-payments'],
    })
  })

  test('resets no worker without state: it takes the new partitions', () => {
    expect(grow('payments', 6).reset).toEqual(['process-payments'])
  })

  test('leaves a joined topic alone that is as wide already, or that is not there', () => {
    const at = topics
      .filter(({ topic }) => topic !== 'payments')
      .map((info) => (info.topic === 'users' ? { ...info, partitions: 6 } : info))
    expect(grow('orders', 6, at).alsoGrow).toEqual([])
  })

  test.each(['large_orders', 'clicks', DEAD_LETTERS])('%s, which no worker reads, resets nothing', (topic) => {
    expect(grow(topic, 4)).toMatchObject({ reset: [], alsoGrow: [] })
  })

  test.each([
    ['order', 6, 'TOPIC_NOT_FOUND', 'did you mean orders?'],
    ['nothing-like-it', 6, 'TOPIC_NOT_FOUND', 'list them with `payflow topics list`'],
    ['orders', 3, 'PARTITIONS_NOT_MORE', 'name a number above 3'],
    ['orders', 1, 'PARTITIONS_NOT_MORE', 'name a number above 3'],
    ['payflow-large-orders-state', 6, 'TOPIC_INTERNAL', 'grow the input, then run `payflow worker reset`'],
  ])('%s to %d is refused: %s', (topic, to, code, hint) => {
    expect(() => grow(topic, to)).toThrow(expect.objectContaining({ code, hint }) as Error)
  })
})

describe('what is to be done afterwards', () => {
  test('first the joined topics grow, then the workers are reset', () => {
    expect(commandsAfter(grow('users', 5), workers)).toEqual([
      'payflow topics add-partitions orders 5',
      'payflow worker reset process-orders',
    ])
  })

  test('a worker that is reset with another one is not named again', () => {
    const plan = grow('payments', 4)
    const last = commandsAfter({ ...plan, reset: ['failed-payments', 'frequent-failed-payments'] }, workers).at(-1)
    expect(last).toBe('payflow worker reset failed-payments')
  })

  test('nothing, where no worker reads it', () => {
    expect(commandsAfter(grow('clicks', 4), workers)).toEqual([])
  })
})
