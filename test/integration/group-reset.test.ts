import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { planGroupReset } from '../../src/app/group-reset/plan.ts'
import { applyGroupReset, countMoves, readGroupFacts } from '../../src/app/group-reset/reset.ts'
import { readTarget } from '../../src/app/group-reset/target.ts'
import { moveOffsets } from '../../src/kafka/offset-commit.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { withAdmin } from '../support/admin.ts'
import { brokers } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { moveGroup } from '../support/move-group.ts'
import { readAll, writeAll } from '../support/records.ts'
import { orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const signal = new AbortController().signal
const payment = JSON.stringify({ payment_id: '22222222-2222-4222-8222-222222222222', order_id: '11111111-1111-4111-8111-111111111111', user_id: 1, status: 'SUCCESS', amount: 900, payment_method: 'PayPal', timestamp: '2026-01-01T00:00:00Z' }) // prettier-ignore
const payments = (count: number) => Array.from({ length: count }, () => ({ key: '1', value: payment }))

/** A topic of 60 records in partition 0, of which a group that nobody is in has read 40. */
async function readFortyOfSixty() {
  const topic = `clicks-${randomUUID().slice(0, 8)}`
  const group = `readers-of-${topic}`
  await createTopics(client(), [{ topic, partitions: 1, replicationFactor: 1 }])
  for (let i = 0; i < 3; i++) await writeAll(brokers(), topic, payments(20))
  await moveOffsets(client(), group, [{ topic, partition: 0, to: 40 }])
  const offset = async (): Promise<number> => {
    const [found] = await withAdmin(brokers(), (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }))
    return Number(found!.partitions[0]!.offset)
  }
  const reset = (...words: readonly string[]) => command(['groups', 'reset', group, ...words], { brokers: brokers() })
  return { topic, group, offset, reset }
}

describe('moving the offsets of a group', () => {
  test('shows what would move, and how many records that is, until --yes', async () => {
    const { topic, offset, reset } = await readFortyOfSixty()
    const shown = await reset('--to', 'start')
    expect([shown.exitCode, await offset()]).toEqual([0, 40])
    expect(shown.stdout).toMatch(new RegExp(`${topic} +0 +40 +0 +-40`))
    expect(shown.stdout).toContain('reads 40 records again: how long that takes is not known')
    expect(shown.stderr).toContain('Nothing was moved: --yes does it')
    expect((await reset('--to', 'start', '--yes', '--dry-run')).exitCode).toBe(0)
    expect(await offset()).toBe(40)
  })

  test('moves it to each kind of position', async () => {
    const { topic, offset, reset } = await readFortyOfSixty()
    const [record] = (await readAll(brokers(), topic)).slice(20)
    const at = new Date(record!.timestamp).toISOString()
    const moved: [string, number][] = []
    for (const to of ['start', '+15', '-5', '33', 'end', '-7', `@${at}`, '@-1d', '99999']) {
      const { exitCode, documents } = await reset('--to', to, '--yes', '--json')
      expect([exitCode, documents()[0]!.moved], to).toEqual([0, true])
      moved.push([to, await offset()])
    }
    const byTime = (await readAll(brokers(), topic)).find(({ timestamp }) => timestamp >= record!.timestamp)!.offset
    expect(moved).toEqual([['start', 0], ['+15', 15], ['-5', 10], ['33', 33], ['end', 60], ['-7', 53], [`@${at}`, byTime], ['@-1d', 0], ['99999', 60]]) // prettier-ignore
  })

  test('only in the topic and partition that are named', async () => {
    const { group, reset } = await readFortyOfSixty()
    const { exitCode, stderr } = await reset('--to', 'start', '--partition', '3', '--yes')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${group} has read nothing of`)])
  })

  test('is refused while it has members, and names them', async () => {
    const { topic, group, offset, reset } = await readFortyOfSixty()
    const consumer = new Kafka({ clientId: 'billing-1', brokers: brokers(), logLevel: logLevel.NOTHING }).consumer({ groupId: group }) // prettier-ignore
    await consumer.connect()
    onTestFinished(() => consumer.disconnect())
    await consumer.subscribe({ topic })
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
    void consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() })
    await joined
    const { exitCode, stderr } = await reset('--to', 'start', '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`Members are connected: ${group} (billing-1 at 127.0.0.1)`)
    expect(stderr).toContain('stop those programs where they run')
    expect(await offset()).toBe(40)
    const shown = await reset('--to', 'start')
    expect(shown.stdout).toContain('first end its member billing-1 at 127.0.0.1')
    expect(shown.stderr).toContain('Nothing was moved')
    expect(shown.stderr).not.toContain('--yes')
  })

  test('a member that joins after the look is found by the coordinator', async () => {
    const { topic, group } = await readFortyOfSixty()
    const own = client()
    const target = readTarget('start', 0)
    const facts = await readGroupFacts(own, group, { target, scope: {} }, { workers: [], signal })
    const consumer = new Kafka({ clientId: 'late', brokers: brokers(), logLevel: logLevel.NOTHING }).consumer({ groupId: group }) // prettier-ignore
    await consumer.connect()
    onTestFinished(() => consumer.disconnect())
    await consumer.subscribe({ topic })
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
    void consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() })
    await joined
    await expect(applyGroupReset(own, planGroupReset(facts, target), 6_000, signal)).rejects.toMatchObject({
      code: 'GROUP_ACTIVE',
      message: expect.stringContaining('late at 127.0.0.1') as string,
    })
  })

  test('a group that does not exist is named', async () => {
    const { exitCode, stderr } = await command(['groups', 'reset', 'nobody', '--to', 'end'], { brokers: brokers() })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('There is no consumer group nobody')])
  })
})

describe('moving a worker of payflow', () => {
  /** Reads, plans and applies, as the command does, for a worker that only this test knows. */
  async function reset(worker: ReturnType<typeof findWorker> & object, to: string) {
    const own = client()
    const target = readTarget(to, Date.now())
    const group = `payflow-${worker.name}`
    const facts = await readGroupFacts(own, group, { target, scope: {} }, { workers: [worker], signal })
    const plan = planGroupReset(facts, target)
    return { plan, facts, counted: await countMoves(own, facts, plan.moves), apply: () => applyGroupReset(own, plan, 6_000, signal) } // prettier-ignore
  }

  test('one without state reads again what the preview counted, at a rate that was measured', async () => {
    const { worker, topicOf, output } = await isolated(findWorker('large-orders')!, { partitions: 1 })
    await writeAll(brokers(), topicOf('payments'), payments(100))
    await runUntilCaughtUp([worker])
    await writeAll(brokers(), topicOf('payments'), payments(50))
    await runUntilCaughtUp([worker])
    const { plan, counted, apply } = await reset(worker, '-30')
    expect(counted).toMatchObject({ again: 30, skipped: 0 })
    expect(plan.rate).toBeGreaterThan(0)
    expect(plan.notes.join()).toContain(`\`payflow worker reset ${worker.name}\``)
    await apply()
    await runUntilCaughtUp([worker])
    expect(await readAll(brokers(), output)).toHaveLength(180)
  })

  test('one with state refuses, unless it goes back to where the state was kept up to', async () => {
    const { worker, topicOf } = await isolated(findWorker('aggregated-revenue')!, { partitions: 1 })
    const at = { topic: topicOf('orders'), partition: 0 }
    await writeAll(brokers(), at.topic, orderMessages(0, 100))
    await runUntilCaughtUp([worker])
    const back = await reset(worker, 'start')
    expect(back.plan.refusal?.hint).toContain(`\`payflow worker reset ${worker.name}\``)
    await expect(back.apply()).rejects.toMatchObject({ code: 'RESET_REFUSED' })
    await moveGroup(brokers(), `payflow-${worker.name}`, { ...at, offset: 40 })
    await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
      code: 'GROUP_MOVED',
      hint: expect.stringContaining(`payflow groups reset payflow-${worker.name} --topic ${at.topic} --partition 0 --to 100 --yes`) as string, // prettier-ignore
    })
    const mended = await reset(worker, '100')
    expect(mended.plan.refusal).toBeUndefined()
    await mended.apply()
    await runUntilCaughtUp([worker])
  })

  test('one whose group has lost its offsets is put back to where its progress record says', async () => {
    const { worker, topicOf } = await isolated(findWorker('aggregated-revenue')!, { partitions: 1 })
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 100))
    await runUntilCaughtUp([worker])
    const group = `payflow-${worker.name}`
    await withAdmin(brokers(), (admin) => admin.deleteGroups([group]))
    const topic = ['--topic', topicOf('orders'), '--partition', '0']
    const named = await command(['groups', 'reset', group, ...topic, '--to', '100', '--yes', '--json'], { brokers: brokers() }) // prettier-ignore
    expect(named.documents()[0]).toMatchObject({ moved: true, moves: [{ from: null, to: 100 }] })
    await withAdmin(brokers(), (admin) => admin.deleteGroups([group]))
    const { plan, apply } = await reset(worker, '100')
    expect(plan.refusal).toBeUndefined()
    await apply()
    await runUntilCaughtUp([worker])
  })

  test('its running instance is named', async () => {
    const { worker } = await isolated(findWorker('large-orders')!, { partitions: 1 })
    start([worker])
    const { apply } = await eventually(async () => {
      const found = await reset(worker, 'end')
      expect(found.facts.members).toHaveLength(1)
      return found
    })
    await expect(apply()).rejects.toMatchObject({ code: 'GROUP_ACTIVE', hint: expect.stringContaining('Ctrl-C') as string }) // prettier-ignore
  })
})
