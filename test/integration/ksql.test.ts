import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { listTopics, topicNames } from '../../src/kafka/topics.ts'
import { addPartitions } from '../../src/kafka/topic-changes.ts'
import { withAdmin } from '../support/admin.ts'
import { ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { KsqlModel } from '../support/ksql-model.ts'
import { answerOf, sendAnswer } from '../support/ksql-server.ts'
import { recording } from '../support/recordings.ts'
import { eventually } from '../support/wait.ts'

/** A broker of the test's own, where payflow's names are free, and a ksqlDB that says it belongs to it. */
async function cluster() {
  const { brokers } = await ownBroker()
  const client = new Client({ brokers })
  onTestFinished(() => client.close())
  const model = await KsqlModel.start()
  model.clusterId = (await client.shared.cluster()).clusterId
  const env = { PAYFLOW_KSQL_URL: model.url }
  const run = (...argv: string[]) => command(argv, { brokers, env })
  const runUntil = (signal: AbortSignal, ...argv: string[]) => command(argv, { brokers, env, signal })
  const create = (...topics: string[]) =>
    createTopics(
      client,
      topics.map((topic) => ({ topic, partitions: 1, replicationFactor: 1 })),
    )
  return { brokers, client, model, run, runUntil, create }
}

/** ksqlDB's view of the cluster, and how it makes a topic: once, without waiting for anything. */
const topicsOf = (client: Client): KsqlModel['cluster'] => ({
  list: async () => {
    const { topicMetadata } = await client.shared.metadata('all')
    return new Map(topicMetadata.map(({ topic, partitionMetadata }) => [topic, partitionMetadata.length]))
  },
  create: (topic, numPartitions) =>
    withAdmin(client.options.brokers, (admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] }),
    ),
})

describe('ksqlDB and its topics', () => {
  it('ends, drops, deletes and creates in this order to replace; drops everything; and stands in the way of a reset', async () => {
    const { client, model, run, create } = await cluster()
    model.fill()
    await create('ksql_large_orders', 'ksql_orders')
    model.change('KSQL_LARGE_ORDERS', (statement) => `${statement} `)

    const unasked = await run('ksql', 'apply', '--replace')
    expect(unasked.exitCode).toBe(2)
    expect(unasked.stderr).toContain('Delete ksql_large_orders at')
    expect(model.executed).toEqual([])

    const replaced = await run('ksql', 'apply', '--replace', '--yes', '--json')
    expect(replaced.exitCode).toBe(0)
    expect(model.executed).toEqual([
      expect.stringMatching(/^TERMINATE CSAS_KSQL_LARGE_ORDERS_\d+$/),
      'DROP STREAM KSQL_LARGE_ORDERS',
      'CREATE KSQL_LARGE_ORDERS',
    ])
    expect(await topicNames(client)).toEqual(['ksql_orders'])

    const reset = await run('topics', 'reset', '--yes')
    expect(reset.exitCode).toBe(1)
    expect(reset.stderr).toMatch(/Queries of ksqlDB run on these topics: CSAS_KSQL_ENRICHED_ORDERS_\d+/)
    expect(reset.stderr).toContain('in this order: payflow ksql drop, payflow topics reset, payflow ksql apply')

    expect(await run('ksql', 'drop')).toMatchObject({ exitCode: 2 })
    model.executed.length = 0
    expect(await run('ksql', 'drop', '--yes')).toMatchObject({ exitCode: 0 })
    expect(model.held.size + model.queries.size).toBe(0)
    expect(model.executed.some((statement) => /DELETE TOPIC/.test(statement))).toBe(false)
    expect(await topicNames(client)).toEqual([])

    expect(await run('topics', 'reset', '--yes')).toMatchObject({ exitCode: 0 })
    expect(model.unexpected).toEqual([])
  })

  it('is refused where it belongs to another cluster, before anything is done', async () => {
    const { model, run } = await cluster()
    model.fill()
    model.clusterId = 'another'
    const { exitCode, stderr } = await run('ksql', 'drop', '--yes')
    expect(exitCode).toBe(2)
    expect(stderr).toContain('reads another Kafka cluster (another) than payflow')
    expect(model.executed).toEqual([])
  })

  it('is filled by a run of everything, which frees its topics before', async () => {
    const { client, model, run } = await cluster()
    model.fill()
    model.cluster = topicsOf(client)
    const { exitCode, stderr } = await run('all', '--reset', '--count', '20', '--rate', 'max', '--seed', '7')
    expect(stderr).toContain(`ksqlDB: at ${model.url}, 25 created, 0 kept`)
    expect(exitCode).toBe(0)
    expect(model.executed.findLastIndex((statement) => statement.startsWith('DROP'))).toBeLessThan(
      model.executed.findIndex((statement) => statement.startsWith('CREATE')),
    )
    await eventually(() => expect(model.held.size).toBe(25))
  }, 120_000)
})

describe('ksqlDB on a real cluster', () => {
  async function applied() {
    const all = await cluster()
    all.model.cluster = topicsOf(all.client)
    expect(await all.run('topics', 'create')).toMatchObject({ exitCode: 0 })
    expect(await all.run('ksql', 'apply')).toMatchObject({ exitCode: 0 })
    all.model.executed.length = 0
    return all
  }

  it('replaces again and again: what it creates is never told that its topic exists', async () => {
    const { model, run } = await applied()
    for (let round = 0; round < 3; round++) {
      model.change('KSQL_PAYMENTS', (statement) => `${statement} `)
      expect(await run('ksql', 'apply', '--replace', '--yes')).toMatchObject({ exitCode: 0 })
    }
    expect(model.executed.filter((one) => one === 'CREATE KSQL_PAYMENTS')).toHaveLength(3)
  }, 120_000)

  it('keeps the topic of a query whose creation was still under way when its apply was killed', async () => {
    const { client, model, run, runUntil } = await applied()
    await run('ksql', 'drop', '--yes')
    const killed = new AbortController()
    model.once(/^CREATE STREAM ksql_orders\b.*;$/s, () => {
      // the server has taken it, and goes on without the one who asked
      void model.take('KSQL_ORDERS').then(() => killed.abort())
    })
    await expect(runUntil(killed.signal, 'ksql', 'apply')).rejects.toThrow('aborted')
    expect(model.inFlight).toEqual(['KSQL_ORDERS'])

    model.requests.length = 0 // those of the applies before end with the same command
    const next = run('ksql', 'apply', '--replace', '--yes')
    await eventually(() => expect(model.requests.filter(({ body }) => JSON.stringify(body).includes('payflow_barrier')).length).toBeGreaterThan(3)) // prettier-ignore
    model.executeAll()
    const { exitCode, stderr } = await next
    expect(exitCode).toBe(0)
    expect(stderr).toContain('execute what came before: another command blocks ksqlDB; trying again')
    expect(stderr).toContain('check what is there: all of it is there, and written')
    expect(stderr).not.toContain('delete topic')
    expect(await topicNames(client)).toContain('ksql_orders')
    expect(model.executed.filter((one) => one === 'CREATE KSQL_ORDERS')).toHaveLength(1)
  }, 120_000)

  it('says which topic is gone, and makes it again with --replace', async () => {
    const { client, model, run } = await applied()
    await withAdmin(client.options.brokers, (admin) => admin.deleteTopics({ topics: ['ksql_order_status'] }))
    await eventually(async () => expect(await topicNames(client)).not.toContain('ksql_order_status'))

    const words = 'KSQL_ORDER_STATUS: its topic ksql_order_status is gone: what it writes is lost'
    expect((await run('ksql', 'status')).stdout).toContain(`${words}\n→ payflow ksql apply --replace`)
    const plain = await run('ksql', 'apply')
    expect(plain.exitCode).toBe(1)
    expect(plain.stdout).toContain('keep 24 of 25')
    expect(plain.stdout).toContain('its topic ksql_order_status is gone')
    expect((await run('audit', '--ksql')).stderr).toContain(`ksqlDB cannot be compared. ${words}`)
    expect(await run('ksql', 'apply', '--replace', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await topicNames(client)).toContain('ksql_order_status')
    expect(model.executed).toContain('CREATE KSQL_ORDER_STATUS')
  }, 120_000)

  it('follows its inputs to more partitions with --replace', async () => {
    const { client, run } = await applied()
    for (const topic of ['orders', 'payments', 'users']) await addPartitions(client, topic, 6)
    const plain = await run('ksql', 'apply')
    expect(plain.exitCode).toBe(1)
    expect(plain.stdout).toContain('its topic ksql_orders has 3 partitions, and orders, which it reads, has 6')
    expect(plain.stderr).toContain('re-create them with `payflow ksql apply --replace`')
    expect(await run('ksql', 'apply', '--replace', '--yes')).toMatchObject({ exitCode: 0 })
    const partitions = (await listTopics(client)).filter(({ topic }) => topic.startsWith('ksql_'))
    expect(new Set(partitions.map((one) => one.partitions))).toEqual(new Set([6]))
    expect((await run('ksql', 'apply')).stdout).toBe('keep 25 of 25, which are as described\n')
  }, 120_000)

  it('leaves a topic to a query that another machine has created in between', async () => {
    const { client, model, run } = await applied()
    model.change('KSQL_ORDER_STATUS', (statement) => `${statement} `)
    model.once(/^DROP STREAM ksql_order_status;$/, (response) => {
      // dropped and created again by somebody else before our own DROP was answered
      model.endQueryOf('KSQL_ORDER_STATUS')
      model.create('KSQL_ORDER_STATUS')
      sendAnswer(response, answerOf(recording('395-drop-keep-topic')))
    })
    const { exitCode, stderr } = await run('ksql', 'apply', '--replace', '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('Somebody else has created KSQL_ORDER_STATUS again in the meantime; its topic ksql_order_status was not deleted') // prettier-ignore
    expect(await topicNames(client)).toContain('ksql_order_status')
  }, 120_000)
})
