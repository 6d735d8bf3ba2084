import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Connection } from '../../src/kafka/connection.ts'
import { PartitionError } from '../../src/kafka/errors.ts'
import { listOffsets } from '../../src/kafka/offsets.ts'
import { stateTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { TransactionalProducer } from '../../src/runtime/producers/transactional.ts'
import { brokers } from '../support/broker.ts'
import { foreignProducer } from '../support/foreign-producer.ts'
import { client, eventsOf, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { memberOf } from '../support/member.ts'
import { writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { ownerOf } from '../support/task.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!
const OUT_OF_RANGE = 1

describe('another owner goes on between a task’s question for offsets and its restore', () => {
  /** A first owner, held up before it restores: `around` runs then. In `overtake` a second one commits 50 records and ends. */
  const overtaken = async (around: (changelog: string, overtake: () => Promise<void>) => Promise<void>) => {
    const { worker, topicOf, output } = await isolated(revenue, { partitions: 1 })
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 100))
    await runUntilCaughtUp([worker])
    await writeAll(brokers(), topicOf('orders'), orderMessages(100, 150))
    const overtake = async (): Promise<void> => {
      const second = ownerOf(worker, 0)
      await eventually(() => expect(second.task.counts.processed).toBe(50))
      second.task.stop()
      await second.done
    }
    const first = ownerOf(worker, 0, {
      beforeRestoring: async () => {
        expect(first.phases).toEqual(['fencing', 'seeking', 'restoring'])
        await around(stateTopic(worker.name), overtake)
      },
    })
    const expectNothingTwice = async (): Promise<void> => {
      first.task.stop()
      await first.done
      expect(first.task.counts.processed).toBe(0)
      await expectExactRevenue(brokers(), output, 150)
    }
    return { first, expectNothingTwice }
  }

  test('nobody is accused of having moved the group', async () => {
    const { first, expectNothingTwice } = await overtaken(async (changelog, overtake) => {
      await overtake()
      const ends = ['stable', 'latest'] as const
      const connection = client().connect()
      await eventually(async () => {
        const [stable, latest] = await Promise.all(ends.map((end) => listOffsets(connection, [{ topic: changelog, partition: 0 }], end))) // prettier-ignore
        expect(stable).toEqual(latest)
      })
    })
    await eventually(() => expect(first.task.idle).toBe(true))
    expect(first.phases).toEqual(['fencing', 'seeking', 'restoring', 'running'])
    await expectNothingTwice()
  })

  test('and its state is not decided yet: the first is fenced, and waits for it', async () => {
    const transaction = await (await foreignProducer()).transaction()
    const { first, expectNothingTwice } = await overtaken(async (topic, overtake) => {
      await transaction.send({ topic, messages: [{ key: 'any', value: 'none' }] })
      await overtake()
    })
    await eventually(() => expect(first.phases.slice(4)).toEqual(['aborting', 'fencing', 'seeking', 'restoring']))
    await transaction.abort()
    await eventually(() => expect(first.task.idle).toBe(true))
    expect(first.phases.slice(8)).toEqual(['running'])
    await expectNothingTwice()
  })
})

test('a position that a broker refuses, again and again, is not lost while it is in the log: the broker may be behind', async () => {
  const { worker, topicOf, output } = await isolated(revenue, { partitions: 1 })
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 100))
  const owner = ownerOf(worker, 0)
  await eventually(() => expect(owner.task.counts.processed).toBe(100))
  for (let refused = 1; refused <= 3; refused++) {
    owner.task.inputs[0]!.fail(new PartitionError('Fetch', topicOf('orders'), 0, OUT_OF_RANGE))
    await eventually(() => expect(owner.phases.filter((phase) => phase === 'running')).toHaveLength(refused + 1))
  }
  await writeAll(brokers(), topicOf('orders'), orderMessages(100, 150))
  await eventually(() => expect(owner.task.counts.processed).toBe(150))
  expect(owner.phases.filter((phase) => phase === 'aborting')).toHaveLength(3)
  owner.task.stop()
  await owner.done
  // the marker of the last transaction may be on its way still
  await eventually(() => expectExactRevenue(brokers(), output, 150))
})

/** Holds up the next call of a producer's method, before it asks anything. Resolves when it has been called; `release` lets it go on. */
function holdUp(method: 'sendOffsets' | 'commit') {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const held = new Promise<void>((called) => {
    const original = Reflect.get(TransactionalProducer.prototype, method) as (...args: unknown[]) => Promise<void>
    const spied = vi.spyOn(TransactionalProducer.prototype, method)
    spied.mockImplementationOnce(async function (this: TransactionalProducer, ...args: unknown[]) {
      called()
      await released
      return original.apply(this, args)
    })
  })
  onTestFinished(() => void vi.restoreAllMocks())
  return { held, release }
}

describe('an owner with another transactional id whose member the group has put out', () => {
  const twoOwners = async () => {
    const own = await isolated(revenue, { partitions: 1 })
    await runUntilCaughtUp([own.worker])
    const member = await memberOf(own.worker, 1)
    const first = ownerOf(own.worker, 0, { place: member.assigned.place, slot: 5 })
    const next = async () => {
      await member.leave()
      const { assigned } = await memberOf(own.worker, 1)
      return ownerOf(own.worker, 0, { place: assigned.place, slot: 6 })
    }
    return { ...own, orders: own.topicOf('orders'), first, next }
  }

  test('commits nothing', async () => {
    const { orders, output, first, next } = await twoOwners()
    await writeAll(brokers(), orders, orderMessages(0, 100))
    await eventually(() => expect(first.task.counts.processed).toBe(100))
    const second = await next()
    await writeAll(brokers(), orders, orderMessages(100, 150))
    await eventually(() => expect(first.phases).toContain('aborting'))
    await eventually(() => expect(second.task.counts.processed).toBe(50))
    expect(first.task.counts.processed).toBe(100)
    await expectExactRevenue(brokers(), output, 150)
  })

  test('commits nothing of a transaction whose offsets came too late', async () => {
    const { orders, output, first, next } = await twoOwners()
    const { held, release } = holdUp('sendOffsets')
    await writeAll(brokers(), orders, orderMessages(0, 100))
    await held
    const second = await next()
    await eventually(() => expect(second.task.counts.processed).toBe(100))
    release()
    await eventually(() => expect(first.phases).toContain('aborting'))
    expect(first.task.counts.processed).toBe(0)
    await expectExactRevenue(brokers(), output, 100)
  })

  test('is waited for when its offsets came in time: the next owner begins behind them', async () => {
    const { orders, output, first, next } = await twoOwners()
    const { held, release } = holdUp('commit')
    await writeAll(brokers(), orders, orderMessages(0, 100))
    await held
    const second = await next()
    await eventually(() => expect(second.phases).toEqual(['fencing', 'seeking']))
    await writeAll(brokers(), orders, orderMessages(100, 120))
    release()
    // the first one's transaction may have ended before its 100, on a slow machine
    await eventually(() => expect(first.task.counts.processed + second.task.counts.processed).toBe(120))
    expect(second.phases).toEqual(['fencing', 'seeking', 'restoring', 'running'])
    expect(first.task.counts.processed).toBeGreaterThan(0)
    await expectExactRevenue(brokers(), output, 120)
  })
})

describe('another instance joins in the middle of a transaction', () => {
  const joined = async (partitions: number) => {
    const { worker, topicOf, output } = await isolated(revenue, { partitions })
    await runUntilCaughtUp([worker])
    const first = start([worker])
    await eventually(() => expect(eventsOf(first.events, 'phase').filter(({ to }) => to === 'running')).toHaveLength(partitions)) // prettier-ignore
    const { held, release } = holdUp('sendOffsets')
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 100))
    await held
    const second = start([worker])
    await eventually(() => expect(eventsOf(second.events, 'assigned')).not.toHaveLength(0))
    await eventually(() => expect(eventsOf(first.events, 'assigned').length).toBeGreaterThan(1))
    release()
    await eventually(() => expectExactRevenue(brokers(), output, 100))
    const aborted = eventsOf(first.events, 'phase').filter(({ to }) => to === 'aborting')
    for (const { stop, done } of [first, second]) {
      stop()
      await done
    }
    return { aborted, first }
  }

  test('and takes nothing of what it holds: it is committed in the next generation', async () => {
    const { aborted } = await joined(1)
    expect(aborted).toEqual([])
  })

  test('and is given one of its partitions: nothing of that is written under the next generation', async () => {
    const { first } = await joined(2)
    expect(eventsOf(first.events, 'assigned').at(-1)?.partitions).toHaveLength(1)
  })
})

describe('the transactions of slots that nobody has', () => {
  /** Slots of a worker → how many connections have asked for the coordinator of its transactional id since. */
  const askedFor = (worker: string): (() => Record<string, number>) => {
    const connections = new Map<string, Set<unknown>>()
    const original = Object.getOwnPropertyDescriptor(Connection.prototype, 'coordinator')!.value as Connection['coordinator'] // prettier-ignore
    vi.spyOn(Connection.prototype, 'coordinator').mockImplementation(function (this: Connection, type, id) {
      const [, slot] = id.split(`payflow-${worker}-`)
      if (type === 'transaction' && slot) connections.set(slot, (connections.get(slot) ?? new Set()).add(this))
      return original.call(this, type, id)
    })
    onTestFinished(() => void vi.restoreAllMocks())
    return () => {
      const counts = Object.fromEntries([...connections].map(([slot, { size }]) => [slot, size]))
      connections.clear()
      return counts
    }
  }
  const partitionsOf = ({ events }: ReturnType<typeof start>) => eventsOf(events, 'assigned').at(-1)?.partitions.length
  const begun = ({ events }: ReturnType<typeof start>) => eventsOf(events, 'phase').filter(({ to }) => to === 'running').length // prettier-ignore

  test('one living member ends that of a dead one, and none those that are settled: with two others, and with one', async () => {
    const { worker, topicOf, output } = await isolated(revenue, { partitions: 4 })
    await runUntilCaughtUp([worker])
    const first = start([worker])
    await eventually(() => expect(begun(first)).toBe(4))
    const dying = await memberOf(worker, 4)
    const second = start([worker])
    const shares = () => [partitionsOf(first), partitionsOf(second), dying.latest().partitions.length]
    await eventually(() => expect(shares().sort()).toEqual([1, 1, 2]))
    await eventually(() => expect(begun(second)).toBeGreaterThan(0))
    const { slot, place, partitions } = dying.latest()
    expect(slot).toBe(1)
    const transactionalId = `payflow-${worker.name}-1`
    const open = await TransactionalProducer.open(client(), { transactionalId, transactionTimeoutMs: 60_000, patienceMs: 10_000 }) // prettier-ignore
    await open.sendOffsets(`payflow-${worker.name}`, [{ topic: topicOf('orders'), partition: partitions[0]!, offset: 999 }], place) // prettier-ignore
    await open.close()

    const asked = askedFor(worker.name)
    await dying.leave()
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
    await eventually(() => expectExactRevenue(brokers(), output, 300))
    const { 1: ofTheDead, 3: settled } = asked()
    expect({ ofTheDead, settled }).toEqual({ ofTheDead: 1, settled: undefined })

    second.stop()
    await second.done
    await writeAll(brokers(), topicOf('orders'), orderMessages(300, 400))
    await eventually(() => expectExactRevenue(brokers(), output, 400))
    // whether 1 is done again depends on who did it: what the second one knew has left with it
    const { 2: ofWhoLeft, 3: stillSettled } = asked()
    expect({ ofWhoLeft, stillSettled }).toEqual({ ofWhoLeft: 1, stillSettled: undefined })
  })
})
