import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Client, type ClientOptions } from '../../src/kafka/client.ts'
import type { Connection } from '../../src/kafka/connection.ts'
import { classify, codeOf, isConnectionError } from '../../src/kafka/errors.ts'
import { alterTopicConfig, brokerConfig, topicConfigs, topicSettings } from '../../src/kafka/configs.ts'
import { fetch } from '../../src/kafka/fetch.ts'
import { deleteGroups } from '../../src/kafka/group-deletion.ts'
import { describeGroup, listGroups } from '../../src/kafka/groups.ts'
import { refusedAsExisting } from '../../src/kafka/held-names.ts'
import { moveOffsets } from '../../src/kafka/offset-commit.ts'
import { OutputBuffers } from '../../src/kafka/output-buffers.ts'
import { allCommittedOffsets, committedOffsets, listOffsets } from '../../src/kafka/offsets.ts'
import { readPartition } from '../../src/kafka/read.ts'
import { addPartitions } from '../../src/kafka/topic-changes.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import { topicIdentities } from '../../src/kafka/topic-identity.ts'
import { describeTopics, topicNames } from '../../src/kafka/topics.ts'
import { Membership } from '../../src/runtime/group/membership.ts'
import { TransactionalProducer } from '../../src/runtime/producers/transactional.ts'
import { brokers } from '../support/broker.ts'
import { SocketTransport } from '../support/socket-transport.ts'
import { nobody } from '../../src/kafka/requests.ts'
import { eventually } from '../support/wait.ts'

const transports: Record<string, Partial<ClientOptions>> = {
  kafkajs: {},
  'a plain socket': { transport: (options) => new SocketTransport(options) },
}
const UNKNOWN_TOPIC = 3

/** What payflow expects of a transport, whichever it is. */
describe.each(Object.entries(transports))('over %s', (_, options) => {
  async function setUp() {
    const client = new Client({ brokers: brokers(), ...options })
    onTestFinished(() => client.close())
    const topic = `transport-${randomUUID()}`
    await createTopics(client, [{ topic, partitions: 2, replicationFactor: 1 }])
    return { client, topic, connection: client.connect() }
  }

  const producerOf = async (client: Client, transactionalId: string): Promise<TransactionalProducer> => {
    const opened = { transactionalId, transactionTimeoutMs: 30_000, patienceMs: 20_000 }
    const producer = await TransactionalProducer.open(client, opened)
    onTestFinished(() => producer.close())
    return producer
  }

  /** A member of the group that is called as the topic; resolves once it has left. */
  const joinGroup = (
    client: Client,
    topic: string,
    stop: AbortSignal,
    onAssigned: (partitions: readonly number[]) => void = () => undefined,
  ): Promise<void> => {
    const options = { groupId: topic, topics: [topic], partitions: 2, sessionTimeoutMs: 6_000, heartbeatMs: 100 }
    return new Membership({ ...options, connection: client.connect(), onAssigned: ({ partitions }) => onAssigned(partitions) }).run(stop, () => Promise.resolve()) // prettier-ignore
  }

  const recordsOf = (topic: string, ...values: string[]) => {
    const buffers = new OutputBuffers()
    for (const value of values) buffers.append(topic, 0, 'key', value)
    return buffers.rounds()[0]!
  }

  async function valuesIn(connection: Connection, topic: string): Promise<(string | null)[]> {
    const to = (await listOffsets(connection, [{ topic, partition: 0 }], 'stable')).of(topic, 0)!
    const values: (string | null)[] = []
    for await (const { records } of readPartition(connection, { topic, partition: 0, from: 0, to }))
      for (const cursor = records.cursor(); cursor.next();) values.push(cursor.valueText())
    return values
  }

  test('it knows who is in the cluster, what they serve, and who leads what', async () => {
    const { topic, connection } = await setUp()
    const cluster = await connection.cluster()
    expect(cluster.brokers.length).toBeGreaterThan(0)
    expect(await connection.partitions(topic)).toBe(2)
    expect(await connection.partitions(`${topic}-missing`)).toBe(0)
    const leader = await connection.leader(topic, 1)
    expect(leader).toBe(await connection.leader(topic, 1))
    expect(leader.isConnected()).toBe(true)
    expect(leader.versions?.[0]?.maxVersion).toBeGreaterThanOrEqual(7)
    expect(cluster.brokers.map(({ host, port }) => `${host}:${port}`)).toContain(leader.address)
    const error = await connection.leader(topic, 7).catch((reason: unknown) => reason)
    expect(codeOf(error)).toBe(UNKNOWN_TOPIC)
    expect(await topicIdentities(connection, [topic, `${topic}-missing`])).toEqual(
      new Map([[topic, { id: expect.stringMatching(/^[0-9a-f]{32}$/) as string, partitions: 2 }]]),
    )
  })

  test('what is committed is read, with its offsets, and what is aborted is not', async () => {
    const { client, topic, connection } = await setUp()
    const producer = await producerOf(client, topic)
    await producer.send(recordsOf(topic, 'aborted'))
    await producer.abort()
    await producer.send(recordsOf(topic, 'one', 'two'))
    await eventually(() => connection.coordinator('group', topic)) // a fresh broker has none yet
    await producer.sendOffsets(topic, [{ topic, partition: 1, offset: 42 }], nobody)
    await producer.commit()
    await eventually(async () => expect(await valuesIn(connection, topic)).toEqual(['one', 'two']))
    const at = [0, 1].map((partition) => ({ topic, partition }))
    await eventually(async () => {
      const committed = await committedOffsets(connection, topic, at, { stable: true })
      expect([...committed]).toEqual([[`${topic}/1`, 42]])
    })
  })

  test('an error of the broker is one that payflow knows: the earlier owner is fenced', async () => {
    const { client, topic } = await setUp()
    const first = await producerOf(client, topic)
    await first.send(recordsOf(topic, 'zombie'))
    await producerOf(client, topic)
    const error = await first.commit().catch((reason: unknown) => reason)
    expect(classify(error)).toBe('fenced')
  })

  test('a group is joined, kept, and left to the next member', async () => {
    const { client, topic } = await setUp()
    const member = (stop: AbortSignal) => {
      const assigned: (readonly number[])[] = []
      return { assigned, done: joinGroup(client, topic, stop, (partitions) => assigned.push(partitions)) }
    }
    const [stopFirst, stopSecond] = [new AbortController(), new AbortController()]
    const first = member(stopFirst.signal)
    await eventually(() => expect(first.assigned.at(-1)).toEqual([0, 1]))
    const second = member(stopSecond.signal)
    await eventually(() => expect([...first.assigned.at(-1)!, ...(second.assigned.at(-1) ?? [])].sort()).toEqual([0, 1])) // prettier-ignore
    await eventually(() => expect(second.assigned.at(-1)).toHaveLength(1))
    stopFirst.abort()
    await eventually(() => expect(second.assigned.at(-1)).toEqual([0, 1]))
    stopSecond.abort()
    await Promise.all([first.done, second.done])
  })

  test('topics are created, described, given settings and partitions, and deleted', async () => {
    const { client, topic, connection } = await setUp()
    const config = { 'retention.ms': '600000' }
    const configured = { topic: `${topic}-configured`, partitions: 1, replicationFactor: 1, config }
    expect(await createTopics(client, [configured, { ...configured, topic }])).toEqual({ created: [configured.topic], existing: [topic] }) // prettier-ignore
    await alterTopicConfig(client, configured.topic, { 'cleanup.policy': 'compact' })
    const own = { ...config, 'cleanup.policy': 'compact' }
    await eventually(async () => expect((await topicSettings(client, [topic, configured.topic])).get(configured.topic)).toEqual(own)) // prettier-ignore
    const settings = await topicConfigs(client, [topic, configured.topic], ['cleanup.policy'])
    expect([topic, configured.topic].map((name) => settings.get(name)?.get('cleanup.policy'))).toEqual(['delete', 'compact']) // prettier-ignore
    const { nodeId } = (await connection.cluster()).brokers[0]!
    expect(Number((await brokerConfig(client, nodeId, ['message.max.bytes']))?.get('message.max.bytes'))).toBeGreaterThan(0) // prettier-ignore
    await addPartitions(client, topic, 5)
    expect((await describeTopics(client, [topic]))[0]?.partitions).toHaveLength(5)
    const gone = [topic, configured.topic]
    expect((await deleteTopics(client, [...gone, `${topic}-missing`])).sort()).toEqual(gone.sort())
    expect(await topicNames(client)).not.toEqual(expect.arrayContaining([topic]))
  })

  test('what the controller refuses is said, topic by topic', async () => {
    const { client, topic } = await setUp()
    const many = { topic: `${topic}-many`, partitions: 1, replicationFactor: 99 }
    await expect(createTopics(client, [many])).rejects.toMatchObject({
      code: 'TOPIC_NOT_CREATED',
      message: `Cannot create ${many.topic}: INVALID_REPLICATION_FACTOR`,
    })
    await expect(addPartitions(client, topic, 1)).rejects.toMatchObject({
      code: 'PARTITIONS_NOT_ADDED',
      message: expect.stringMatching(/could not be given more partitions: .*2/) as string,
    })
    await expect(alterTopicConfig(client, topic, { 'retention.ms': 'soon' })).rejects.toThrow(/soon/)
    expect(await refusedAsExisting(client, [topic, many.topic])).toEqual([topic])
  })

  test('groups are listed, described and deleted, but not while somebody is in them', async () => {
    const { client, topic, connection } = await setUp()
    await moveOffsets(client, topic, [{ topic, partition: 1, to: 7 }])
    const positions = { partitions: expect.arrayContaining([expect.objectContaining({ partition: 1, committed: 7 })]) as unknown } // prettier-ignore
    expect(await describeGroup(client, topic)).toMatchObject({ state: 'Empty', members: [], ...positions })
    expect(await allCommittedOffsets(connection, topic)).toMatchObject([{ topic, partition: 1, offset: 7 }])
    const stop = new AbortController()
    const member = joinGroup(client, topic, stop.signal)
    await eventually(async () => expect(await listGroups(client, (group) => group === topic)).toMatchObject([{ state: 'Stable', members: 1 }])) // prettier-ignore
    await expect(deleteGroups(client, [topic], { timeoutMs: 0 })).rejects.toMatchObject({ code: 'GROUP_ACTIVE' })
    stop.abort()
    await member
    expect(await deleteGroups(client, [topic, `${topic}-missing`])).toEqual([topic])
    await expect(describeGroup(client, topic)).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
  })

  const longPoll = { maxWaitMs: 8_000, minBytes: 1, maxBytes: 1 << 20, isolation: 'read_committed' } as const

  test('a request whose connection ends says so, and the next one finds a new connection', async () => {
    const { topic, connection } = await setUp()
    const leader = await connection.leader(topic, 0)
    const partitions = [{ topic, partition: 0, offset: 0, maxBytes: 1 << 20 }]
    const asked = fetch(connection, leader, { ...longPoll, partitions }).catch((reason: unknown) => reason)
    await connection.leader(topic, 1)
    await connection.forget(new Error('Broker not connected'), leader)
    expect(isConnectionError(await asked)).toBe(true)
    expect((await listOffsets(connection, [{ topic, partition: 0 }], 'latest')).of(topic, 0)).toBe(0)
  })

  test('closing does not wait for answers that are still due', async () => {
    const { topic, connection } = await setUp()
    const leader = await connection.leader(topic, 0)
    const partitions = [{ topic, partition: 0, offset: 0, maxBytes: 1 << 20 }]
    const asked = fetch(connection, leader, { ...longPoll, partitions }).catch((reason: unknown) => reason)
    const started = performance.now()
    await connection.close()
    expect(isConnectionError(await asked)).toBe(true)
    expect(performance.now() - started).toBeLessThan(longPoll.maxWaitMs)
    await expect(connection.leader(topic, 0)).rejects.toThrow('Broker not connected')
  })
})
