import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  Kafka,
  ResourcePatternTypes,
  logLevel,
} from 'kafkajs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Monitor, type Sample } from '../../src/app/monitor/monitor.ts'
import { untilDrained } from '../../src/app/monitor/until-drained.ts'
import { PayflowError } from '../../src/errors.ts'
import { asPayflowError } from '../../src/kafka/errors.ts'
import { listOffsets } from '../../src/kafka/offsets.ts'
import type { Trouble } from '../../src/kafka/trouble.ts'
import { inboxTopic, stateTopic } from '../../src/pipeline/events/topics.ts'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { withAdmin } from '../support/admin.ts'
import { brokers, ownBroker } from '../support/broker.ts'
import { brokerWith } from '../support/broker-with.ts'
import { foreignProducer } from '../support/foreign-producer.ts'
import { testKafka } from '../support/java-options.ts'
import { client, eventsOf, isolated, start } from '../support/isolated.ts'
import { readAll, writeAll } from '../support/records.ts'
import { orderMessages } from '../support/revenue.ts'
import { eventually } from '../support/wait.ts'

const revenue = findWorker('aggregated-revenue')!
type Run = ReturnType<typeof start>

/** Within 10 s of its start, says the contract; the machine of a test may be busy. */
const troubleOf = (run: Run): Promise<Trouble> =>
  eventually(
    () => {
      const [first] = eventsOf(run.events, 'trouble')
      expect(first).toBeDefined()
      return first!.trouble
    },
    { timeoutMs: 30_000 },
  )
const failureOf = async (run: Run): Promise<PayflowError> =>
  asPayflowError(await run.done.catch((error: unknown) => error))

test('a group that has a member with another protocol: it is named, and the worker begins when it has left', async () => {
  const { worker, topicOf, output } = await isolated(revenue)
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 30))
  const groupId = `payflow-${worker.name}`
  const kafka = new Kafka({ clientId: 'somebody', brokers: brokers(), logLevel: logLevel.NOTHING })
  const foreign = kafka.consumer({ groupId })
  onTestFinished(() => foreign.disconnect())
  await foreign.connect()
  await foreign.subscribe({ topic: output })
  const joined = new Promise((resolve) => foreign.on(foreign.events.GROUP_JOIN, resolve))
  await foreign.run({ eachMessage: () => Promise.resolve() })
  await joined
  const run = start([worker])
  expect(await troubleOf(run)).toMatchObject({
    code: 'foreign-group-member',
    group: groupId,
    protocolType: 'consumer',
    protocol: 'RoundRobinAssigner',
    members: [{ clientId: 'somebody', host: '127.0.0.1' }],
  })
  await foreign.disconnect()
  await eventually(() => expect(eventsOf(run.events, 'assigned').at(-1)?.partitions).toEqual([0, 1, 2]))
  await eventually(() => expect(eventsOf(run.events, 'trouble-over')).toHaveLength(1))
  await eventually(async () => expect(await readAll(brokers(), output)).toHaveLength(30))
})

test('a worker that is never given partitions is stalled, and that error says why', async () => {
  const { worker } = await isolated(revenue)
  const kafka = new Kafka({ clientId: 'somebody', brokers: brokers(), logLevel: logLevel.NOTHING })
  const foreign = kafka.consumer({ groupId: `payflow-${worker.name}` })
  onTestFinished(() => foreign.disconnect())
  await foreign.connect()
  await foreign.subscribe({ topic: worker.output.name })
  const joined = new Promise((resolve) => foreign.on(foreign.events.GROUP_JOIN, resolve))
  await foreign.run({ eachMessage: () => Promise.resolve() })
  await joined
  const run = start([worker], { stallMs: 1_000, sessionTimeoutMs: 1_000 })
  const failure = await failureOf(run)
  expect(failure).toMatchObject({ code: 'STALLED', kind: 'failed' })
  expect(failure.message).toContain('has not been given any partitions for 1 s. The consumer group')
  expect(failure.message).toContain('somebody at 127.0.0.1')
  expect(eventsOf(run.events, 'stalled')).toMatchObject([{ trouble: { code: 'foreign-group-member' } }])
})

test('a topic that has too few replicas in sync to be written: topic, setting and replicas are named', async () => {
  const { infra, brokers: addresses } = await ownBroker(2)
  const { worker, topicOf, output } = await isolated(revenue, { partitions: 1, replicationFactor: 2, addresses })
  const options = { client: { brokers: addresses }, replicationFactor: 2, untilCaughtUp: true }
  const minimum = { type: ConfigResourceTypes.TOPIC, name: output, configEntries: [{ name: 'min.insync.replicas', value: '2' }] } // prettier-ignore
  await withAdmin(addresses, (admin) => admin.alterConfigs({ validateOnly: false, resources: [minimum] }))
  await writeAll(addresses, topicOf('orders'), orderMessages(0, 30))
  await start([worker], options).done
  await infra.faults.kill('kafka-1')
  await writeAll(addresses, topicOf('orders'), orderMessages(30, 60))
  // on a busy machine, leaders are elected for longer than a worker waits for them at its start
  const read = [topicOf('orders'), stateTopic(worker.name), inboxTopic(worker.name)].map((topic) => ({
    topic,
    partition: 0,
  }))
  const own = client(addresses).shared
  await eventually(
    async () => {
      await listOffsets(own, read, 'latest')
      // its new leader may never tell where it ends: without enough replicas in sync the high watermark stands still (Kafka 3.7 and later)
      const { topicMetadata } = await own.metadata([output])
      expect(topicMetadata[0]!.partitionMetadata[0]!.leader).toBe(0)
    },
    { timeoutMs: 60_000 },
  )
  const run = start([worker], options)
  await eventually(() =>
    expect(eventsOf(run.events, 'trouble').map(({ trouble }) => trouble)).toContainEqual({
      code: 'not-enough-replicas',
      topic: output,
      partition: 0,
      minInsyncReplicas: 2,
      inSync: [0],
      replicas: expect.arrayContaining([0, 1]) as number[],
    }),
  )
  expect(eventsOf(run.events, 'caught-up')).toEqual([])
})

test('a coordinator whose topic cannot be created: the setting is named, whichever it is', async () => {
  const addresses = await brokerWith({ 'transaction.state.log.replication.factor': 3 })
  const { worker } = await isolated(revenue, { addresses })
  const failure = await failureOf(start([worker], { client: { brokers: addresses } }))
  expect(failure).toMatchObject({ code: 'KAFKA_TOPIC_REPLICATION', kind: 'infra' })
  expect(failure.message).toContain('transaction.state.log.replication.factor=3')
})

describe('records behind a stranger’s open transaction', () => {
  test('are waited for: how many, whose and since when is told, and nothing is "left to read" before it ends', async () => {
    const { worker, topicOf, output } = await isolated(revenue, { partitions: 1 })
    await writeAll(brokers(), topicOf('orders'), orderMessages(0, 10))
    const transactionalId = `stranger-${worker.name}`
    const producer = await foreignProducer({ transactionalId, transactionTimeout: 120_000 })
    const begun = Date.now()
    const transaction = await producer.transaction()
    await transaction.send({ topic: topicOf('orders'), messages: orderMessages(10, 15) })
    await writeAll(brokers(), topicOf('orders'), orderMessages(15, 20))
    const run = start([worker], { untilCaughtUp: true })
    const waiting = await eventually(() => {
      const [first] = eventsOf(run.events, 'waiting')
      expect(first).toBeDefined()
      return first!
    })
    expect(waiting).toMatchObject({ topic: topicOf('orders'), partition: 0, records: 10, transaction: { transactionalId, timeoutMs: 120_000 } }) // prettier-ignore
    expect(Math.abs(waiting.transaction!.since! - begun)).toBeLessThan(10_000)
    expect(eventsOf(run.events, 'caught-up')).toEqual([])
    await transaction.commit()
    expect(await run.done).toMatchObject([{ processed: 20 }])
    expect(run.events.at(-1)).toEqual({ kind: 'caught-up', worker: worker.name })
    expect(await readAll(brokers(), output)).toHaveLength(20)
  })

  test('nothing is drained before that transaction has ended, and how many records wait is counted', async () => {
    const { worker, topicOf, output } = await isolated(revenue, { partitions: 1 })
    const producer = await foreignProducer()
    const transaction = await producer.transaction()
    await transaction.send({ topic: topicOf('orders'), messages: orderMessages(0, 5) })
    await writeAll(brokers(), topicOf('orders'), orderMessages(5, 8))
    const run = start([worker])
    const looks: Sample[] = []
    const monitor = new Monitor(client(), { topics: [output], workers: [worker], from: 'now' })
    const drained = untilDrained(monitor, { signal: AbortSignal.timeout(60_000), check: () => undefined, onSample: (look) => looks.push(look) }) // prettier-ignore
    await eventually(() => expect(looks.length).toBeGreaterThan(4))
    for (const { workers } of looks) expect(workers).toMatchObject([{ lag: 0, undecided: 8 }])
    await transaction.commit()
    expect((await drained).workers).toMatchObject([{ lag: 0, undecided: 0 }])
    run.stop()
    expect(await run.done).toMatchObject([{ processed: 8 }])
  })
})

describe('a missing right ends the worker, and operation and resource are named:', () => {
  let addresses: string[] = []

  const own = async () => {
    const of = await isolated(revenue, { partitions: 1, addresses })
    await writeAll(addresses, of.topicOf('orders'), orderMessages(0, 30))
    return of
  }
  /** An ACL on a resource takes every other operation on it away. */
  const allowOnly = async (
    resourceType: AclResourceTypes,
    resourceName: string,
    operation = AclOperationTypes.DESCRIBE,
  ) => {
    const entry = { resourceType, resourceName, resourcePatternType: ResourcePatternTypes.LITERAL, principal: 'User:ANONYMOUS', host: '*', operation, permissionType: AclPermissionTypes.ALLOW } // prettier-ignore
    await withAdmin(addresses, (admin) => admin.createAcls({ acl: [entry] }))
  }

  test('on the group, the transactional id, and each topic; and a topic that may not be described is not "missing"', async () => {
    addresses = await brokerWith({
      'authorizer.class.name':
        testKafka === '4'
          ? 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
          : 'kafka.security.authorizer.AclAuthorizer',

      'allow.everyone.if.no.acl.found': true,
    })
    const cases = [
      [AclResourceTypes.GROUP, (name: string) => `payflow-${name}`, 'Read on group payflow-'],
      [AclResourceTypes.TRANSACTIONAL_ID, (name: string) => `payflow-${name}-0`, 'Write on transactional id payflow-'],
      [AclResourceTypes.TOPIC, (_: string, { output }: { output: string }) => output, 'Write on topic aggregated_revenue'], // prettier-ignore
      [AclResourceTypes.TOPIC, (_: string, { input }: { input: string }) => input, 'Read on topic orders'],
    ] as const
    for (const [type, nameOf, text] of cases) {
      const { worker, topicOf, output } = await own()
      const resource = nameOf(worker.name, { output, input: topicOf('orders') })
      await allowOnly(type, resource)
      const failure = await failureOf(start([worker], { client: { brokers: addresses }, untilCaughtUp: true }))
      expect(failure).toMatchObject({ code: 'NOT_AUTHORIZED', kind: 'failed' })
      expect(failure.message).toContain(text)
      expect(failure.message).toContain(resource)
      expect(failure.hint).toContain('kafka-acls --add')
    }
    const { worker, topicOf } = await own()
    await allowOnly(AclResourceTypes.TOPIC, topicOf('orders'), AclOperationTypes.CREATE)
    const failure = await failureOf(start([worker], { client: { brokers: addresses }, untilCaughtUp: true }))
    expect({ message: failure.message }).toEqual({
      message: `Not allowed by the brokers: Describe on topic ${topicOf('orders')}`,
    })
  })
})
