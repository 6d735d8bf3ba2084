import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { namedTopics } from '../../../../src/app/topics/wanted.ts'
import { describePlan, notReset, planReset } from '../../../../src/app/topics/topics.ts'
import { DEAD_LETTERS, groupOf, inboxTopic, publicTopics, stateTopic } from '../../../../src/pipeline/events/topics.ts'
import { defaultWorkers as workers } from '../../../../src/pipeline/workers/index.ts'

const layout = { partitions: 6, replicationFactor: 2 }
const own = [
  ...publicTopics.map(({ name }) => name),
  DEAD_LETTERS,
  ...workers.flatMap(({ name }) => [stateTopic(name), inboxTopic(name)]),
]
const group = (name: string, members = 0) => ({
  ...{ group: name, state: members > 0 ? 'Stable' : 'Empty', type: 'classic', members },
})
const topic = (name: string) => ({ topic: name, partitions: 3 })

/** Names as they stand beside payflow's on a shared cluster, near misses above all. */
const foreignTopic = fc
  .oneof(
    fc.stringMatching(/^[a-z0-9._-]{1,40}$/),
    fc.tuple(fc.constantFrom(...own), fc.constantFrom('2', '-old', '.DLQ', '_', '-repartition')).map((parts) => parts.join('')), // prettier-ignore
    fc.tuple(fc.constantFrom('my-', 'dev.', '_'), fc.constantFrom(...own)).map((parts) => parts.join('')),
    fc.constantFrom('__consumer_offsets', '__transaction_state', 'payflow', 'payflow-', 'payflow--state', 'payflow-state', 'payflow-Big-state', 'payflow-x-changelog'), // prettier-ignore
  )
  .filter((name) => !own.includes(name) && !/^payflow-[a-z][a-z0-9]*(-[a-z0-9]+)*-(state|inbox)$/.test(name))
const foreignGroup = foreignTopic.filter((name) => !/^payflow-[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))

describe('what a reset has left', () => {
  const plan = planReset({ topics: [topic('orders'), topic('payflow-mine-state')], groups: [group('payflow-mine', 1)] }, layout) // prettier-ignore
  const made = plan.createTopics.map(({ topic, partitions }) => ({ topic, partitions, records: 0 }))
  const changed = (name: string, change: object) => made.map((info) => (info.topic === name ? { ...info, ...change } : info)) // prettier-ignore

  test('is as it was wanted: topics that are there and empty, whatever else there is', () => {
    const foreign = { topic: 'foreign', partitions: 1, records: 9 }
    expect(notReset(plan, { topics: [...made, foreign], groups: [group('billing', 2)] })).toEqual([])
  })

  test.each([
    ['orders is missing', { topics: made.filter(({ topic }) => topic !== 'orders') }],
    ['orders has 1 partition, not 6', { topics: changed('orders', { partitions: 1 }) }],
    ['payments holds 3 records already', { topics: changed('payments', { records: 3 }) }],
    ['payflow-mine-state is there again', { topics: [...made, { topic: 'payflow-mine-state', partitions: 3, records: 0 }] }], // prettier-ignore
    ['payflow-mine is there again, with 1 member', { groups: [group('payflow-mine', 1)] }],
  ])('is not: %s', (fault, state) => {
    expect(notReset(plan, { topics: made, groups: [], ...state })).toEqual([fault])
  })
})

describe('topics that are created', () => {
  test('are payflow’s, or those that are named, each once; payflow’s own have the settings that they need', () => {
    expect(namedTopics([], layout)).toEqual(planReset({ topics: [], groups: [] }, layout).createTopics)
    const [sales, letters] = namedTopics(['sales', DEAD_LETTERS, 'sales'], layout)
    expect(sales).toEqual({ topic: 'sales', ...layout })
    expect(letters).toEqual(namedTopics([], layout).find(({ topic }) => topic === DEAD_LETTERS))
    expect(namedTopics(['sales', DEAD_LETTERS, 'sales'], layout)).toHaveLength(2)
  })

  test.each([
    ['no topic', 'cannot name a topic'],
    ['payflow-mine-state', 'payflow-mine-state belongs to a worker'],
  ])('%s is refused', (name, message) => {
    expect(() => namedTopics([name], layout)).toThrow(message)
  })
})

describe('a reset', () => {
  test('never touches a topic or a group that is not payflow’s, and takes every one that is', () => {
    fc.assert(
      fc.property(fc.subarray(own), fc.array(foreignTopic), fc.array(foreignGroup), (mine, topics, groups) => {
        const plan = planReset(
          {
            topics: [...topics, ...mine].map(topic),
            groups: [...groups, ...workers.map(({ name }) => groupOf(name))].map((name) => group(name, 1)),
          },
          layout,
        )
        expect([...plan.deleteTopics].sort()).toEqual([...mine].sort())
        expect([...plan.deleteGroups].sort()).toEqual(workers.map(({ name }) => groupOf(name)).sort())
        expect(plan.running.map((info) => info.group).sort()).toEqual([...plan.deleteGroups].sort())
      }),
    )
  })

  test('re-creates every topic, with the layout that is asked for and not the old one', () => {
    const { createTopics } = planReset({ topics: own.map(topic), groups: [] }, layout)
    expect(createTopics.map((created) => created.topic).sort()).toEqual([...own].sort())
    for (const created of createTopics) expect(created).toMatchObject(layout)
    expect(createTopics.find((created) => created.topic === stateTopic('large-orders'))?.config).toMatchObject({
      'cleanup.policy': 'compact',
    })
  })

  test('takes what a worker left that is not known any more', () => {
    const topics = ['payflow-my-own-state', 'payflow-my-own-inbox'].map(topic)
    const plan = planReset({ topics, groups: [group('payflow-my-own', 1)] }, layout)
    expect(plan).toMatchObject({
      deleteTopics: ['payflow-my-own-state', 'payflow-my-own-inbox'],
      deleteGroups: ['payflow-my-own'],
      running: [{ group: 'payflow-my-own', members: 1 }],
    })
  })

  test('is told in lines', () => {
    const plan = planReset({ topics: [topic('orders')], groups: [] }, { partitions: 1, replicationFactor: 3 })
    expect(describePlan(plan).slice(0, 3)).toEqual([
      'delete groups: none',
      'delete topics: orders',
      'create orders: 1 partitions, replication factor 3',
    ])
  })
})
