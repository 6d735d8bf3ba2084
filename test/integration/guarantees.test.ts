import { ConfigResourceTypes, Kafka, Partitioners, logLevel, type Admin } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { audit } from '../../src/app/audit/audit.ts'
import type { WorkerAudit } from '../../src/app/audit/worker-audit.ts'
import { describeWithLag } from '../../src/app/groups.ts'
import { isDrained, Monitor } from '../../src/app/monitor/monitor.ts'
import { listAll } from '../../src/app/topics/topics.ts'
import { applyWorkerReset, readWorkerReset } from '../../src/app/workers/reset.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { auditRules } from '../../src/pipeline/audit/rules.ts'
import { inboxTopic, stateTopic } from '../../src/pipeline/events/topics.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { brokers, ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { client, defaults, isolated, runUntilCaughtUp, start } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { expectExactRevenue, orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!
const { signal } = new AbortController()
const right = { missing: 0, unexpected: 0, disordered: 0 }

/** An administrator with other tools. */
async function administrator(addresses: readonly string[] = brokers()): Promise<Admin> {
  const admin = new Kafka({ brokers: [...addresses], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  return admin
}

/** Deletes the records of every partition before `offset`; -1: all of them. */
async function deleteRecords(admin: Admin, topic: string, offset: string): Promise<void> {
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => ({ partition, offset }))
  // a broker hears of a changed policy a moment later
  await eventually(() => admin.deleteTopicRecords({ topic, partitions }))
}

async function audited(worker: AnyWorker, addresses?: readonly string[]): Promise<WorkerAudit> {
  const choice = { worker, options: defaults(worker), rule: auditRules.get('aggregated-revenue')! }
  const { workers } = await audit(client(addresses), [choice], { signal, onProgress: () => undefined })
  return workers[0]!
}

test('a state topic that has lost its beginning is refused, and after the advised reset every total is right', async () => {
  const { worker, topicOf, output } = await isolated(revenue)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 60))
  await runUntilCaughtUp([worker])
  const admin = await administrator()
  const [type, name] = [ConfigResourceTypes.TOPIC, stateTopic(worker.name)] as const
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries: [{ name: 'cleanup.policy', value: 'delete' }] }] }) // prettier-ignore
  await deleteRecords(admin, name, '-1')
  await writeAll(brokers(), topicOf('orders'), orderMessages(60, 90))
  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
    code: 'STATE_LOST',
    kind: 'failed',
    message: expect.stringContaining(stateTopic(worker.name)) as string,
    hint: `rebuild it with \`payflow worker reset ${worker.name}\``,
  })
  await expectExactRevenue(brokers(), output, 60)

  const reset = { keepOutput: false, partitions: 3, replicationFactor: 1 }
  const plan = await readWorkerReset(client(), [worker], [worker], reset, signal)
  await applyWorkerReset(client(), plan, { sessionTimeoutMs: 6_000, signal }, () => undefined)
  await runUntilCaughtUp([worker])
  await expectExactRevenue(brokers(), output, 90)
})

test('a state topic with cleanup.policy=delete is refused before it loses anything, and the advised command mends it', async () => {
  const { worker, topicOf, output } = await isolated(revenue)
  const state = stateTopic(worker.name)
  await createTopics(client(), [{ topic: state, partitions: 3, replicationFactor: 1, config: { 'retention.ms': '-1' } }]) // prettier-ignore
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 40))
  const refused = await runUntilCaughtUp([worker]).catch((error: unknown) => error as { code: string; hint: string })
  const mend = `payflow topics configure ${state} cleanup.policy=compact`
  expect(refused).toMatchObject({ code: 'STATE_NOT_COMPACTED', hint: `nothing is lost yet: \`${mend}\`` })
  expect(await readAll(brokers(), output)).toEqual([])

  const mended = await command([...mend.split(' ').slice(1), '--yes'], { brokers: brokers() })
  expect(mended).toMatchObject({ exitCode: 0, stdout: `${state}: cleanup.policy delete → compact\n` })
  await runUntilCaughtUp([worker])
  await expectExactRevenue(brokers(), output, 40)
  const again = await command(['topics', 'configure', state, 'cleanup.policy=compact'], { brokers: brokers() })
  expect(again).toMatchObject({ exitCode: 0, stdout: '', stderr: 'it is set so already\n' })
  const { resources } = await (await administrator()).describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: state, configNames: ['retention.ms'] }] }) // prettier-ignore
  expect(resources[0]!.configEntries[0]!.configValue).toBe('-1')
})

test('topics configure says what is missing in its words, and what a broker refuses', async () => {
  const { output } = await isolated(revenue, { partitions: 1 })
  const payflow = (...argv: string[]) => command(['topics', 'configure', ...argv, '--yes'], { brokers: brokers() })
  expect(await payflow(output)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('No setting is named') as string }) // prettier-ignore
  expect(await payflow('retention.ms=1')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('No topic is named') as string }) // prettier-ignore
  expect(await payflow(output, 'retention.ms=soon')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`${output} does not take retention.ms=soon`) as string }) // prettier-ignore
})

test('an output that nobody can write is refused at once; a risk is one warning, told once', async () => {
  const { worker, topicOf, output } = await isolated(revenue)
  const twin = { ...worker, name: `${worker.name}-twin` }
  const addresses = { brokers: brokers() }
  await command(['topics', 'configure', topicOf('orders'), 'cleanup.policy=compact', '--yes'], addresses)
  const run = start([worker, twin], { untilCaughtUp: true })
  await run.done
  const warnings = run.events.flatMap((event) => (event.kind === 'warning' ? [event.fields.what] : []))
  expect(warnings).toEqual([expect.stringMatching(`^${topicOf('orders')} has cleanup.policy=compact`)])

  await command(['topics', 'configure', output, 'min.insync.replicas=2', '--yes'], addresses)
  await expect(runUntilCaughtUp([worker])).rejects.toMatchObject({
    code: 'MIN_INSYNC_REPLICAS',
    hint: `\`payflow topics configure ${output} min.insync.replicas=1\``,
  })
})

test('timeouts that the brokers refuse are named with the option, before anything is tried', async () => {
  const { worker } = await isolated(revenue, { partitions: 1 })
  await expect(runUntilCaughtUp([worker], { transactionTimeoutMs: 1_000_000 })).rejects.toMatchObject({ code: 'TRANSACTION_TIMEOUT', kind: 'usage', hint: 'use `--transaction-timeout 900s`' }) // prettier-ignore
  await expect(runUntilCaughtUp([worker], { sessionTimeoutMs: 500 })).rejects.toMatchObject({ code: 'SESSION_TIMEOUT', kind: 'usage', hint: 'use `--session-timeout 1s`' }) // prettier-ignore
})

test('an audit of records that are deleted says so; of a group that is deleted, it takes the progress record', async () => {
  const { worker, topicOf } = await isolated(revenue)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 50))
  await runUntilCaughtUp([worker])
  const admin = await administrator()
  await admin.deleteGroups([`payflow-${worker.name}`])
  expect(await audited(worker)).toMatchObject({ ...right, inputs: 50, expected: 50, actual: 50 })

  await admin.deleteTopics({ topics: [stateTopic(worker.name)] })
  await expect(audited(worker)).rejects.toMatchObject({ code: 'PROGRESS_UNKNOWN', kind: 'failed' })

  await deleteRecords(admin, topicOf('orders'), '3')
  await expect(audited(worker)).rejects.toMatchObject({ code: 'LOG_TRIMMED', kind: 'failed' })
})

test('what is unread is lag, without an offset from where the log begins; the inbox is part of it', async () => {
  const { worker, topicOf, output } = await isolated(revenue)
  const [orders, inbox, group] = [topicOf('orders'), inboxTopic(worker.name), `payflow-${worker.name}`]
  const value = orderMessages(0, 1)[0]!.value
  const plain = (partition: number, count: number) => Array.from({ length: count }, () => ({ key: 'x', value, partition })) // prettier-ignore
  await writeAll(brokers(), orders, [...plain(0, 10), ...plain(1, 20), ...plain(2, 30)])
  const admin = await administrator()
  await deleteRecords(admin, orders, '4')
  await admin.setOffsets({ groupId: group, topic: orders, partitions: [{ partition: 0, offset: '10' }, { partition: 1, offset: '999' }] }) // prettier-ignore
  const { lag, partitions } = await describeWithLag(client(), group)
  expect(partitions.map(({ partition, committed, lag: behind }) => [partition, committed, behind])).toEqual([
    [0, 10, 0],
    [1, 999, 16],
    [2, null, 26],
  ])
  expect(lag).toBe(42)

  await createTopics(client(), [{ topic: inbox, partitions: 3, replicationFactor: 1 }])
  await admin.setOffsets({ groupId: group, topic: orders, partitions: [1, 2].map((partition) => ({ partition, offset: String((partition + 1) * 10) })) }) // prettier-ignore
  const monitor = new Monitor(client(), { topics: [output], workers: [worker], from: 'now' })
  const before = await monitor.sample()
  expect(isDrained(before, await monitor.sample())).toBe(true)
  await writeAll(brokers(), inbox, plain(0, 5))
  const behind = await monitor.sample()
  expect(behind.workers).toMatchObject([{ worker: worker.name, lag: 5 }])
  expect(isDrained(behind, await monitor.sample())).toBe(false)
})

test('records are counted: commit markers, aborted and deleted ones are none', async () => {
  const { topicOf, output } = await isolated(revenue, { partitions: 1 })
  const kafka = new Kafka({ brokers: brokers(), logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: output, idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner }) // prettier-ignore
  await producer.connect()
  const foreign = `foreign-${output}`
  await createTopics(client(), [{ topic: foreign, partitions: 1, replicationFactor: 1 }])
  for (const end of ['commit', 'abort', 'commit'] as const) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: foreign, messages: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] })
    await transaction[end]()
  }
  await producer.disconnect()
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 20))
  await deleteRecords(await administrator(), topicOf('orders'), '5')
  const counts = new Map((await listAll(client())).map(({ topic, records }) => [topic, records]))
  expect(counts.get(foreign)).toBe(6)
  expect(counts.get(topicOf('orders'))).toBe(15)
  expect(counts.get(output)).toBe(0)
})

test('a compacted input is not a difference: the audit cannot be done, and counts and lag are those of what is left', async () => {
  const { brokers: addresses } = await ownBroker()
  const admin = await administrator(addresses)
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.BROKER, name: '0', configEntries: [{ name: 'log.cleaner.backoff.ms', value: '100' }] }] }) // prettier-ignore
  const { worker, topicOf } = await isolated(revenue, { partitions: 1, addresses })
  const orders = topicOf('orders')
  await writeAll(addresses, orders, orderMessages(0, 200))
  await runUntilCaughtUp([worker], { client: { brokers: addresses } })
  expect(await audited(worker, addresses)).toMatchObject({ ...right, inputs: 200 })

  const compacting = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' }
  const configEntries = Object.entries(compacting).map(([name, value]) => ({ name, value }))
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: orders, configEntries }],
  })
  let count = 200
  await eventually(async () => {
    await writeAll(addresses, orders, orderMessages(count, ++count))
    expect((await readAll(addresses, orders)).length).toBeLessThan(200)
  })
  await expect(audited(worker, addresses)).rejects.toMatchObject({
    code: 'LOG_COMPACTED',
    kind: 'failed',
    message: expect.stringContaining(`${orders}/0 is compacted`) as string,
  })
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: orders, configEntries: [] }],
  })
  const left = (await readAll(addresses, orders)).length
  const listed = await listAll(client(addresses))
  expect(listed.find(({ topic }) => topic === orders)!.records).toBe(left)
  await admin.deleteGroups([`payflow-${worker.name}`])
  await admin.setOffsets({ groupId: 'other', topic: orders, partitions: [{ partition: 0, offset: '0' }] })
  expect((await describeWithLag(client(addresses), 'other')).lag).toBe(left)
})
