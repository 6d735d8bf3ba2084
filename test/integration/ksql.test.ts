import { describe, expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { createTopics, topicNames } from '../../src/kafka/topics.ts'
import { ownBroker } from '../support/broker.ts'
import { command } from '../support/command.ts'
import { KsqlModel } from '../support/ksql-model.ts'
import { eventually } from '../support/wait.ts'

/** A broker of the test's own, where payflow's names are free, and a ksqlDB that says it belongs to it. */
async function cluster() {
  const { brokers } = await ownBroker()
  const client = new Client({ brokers })
  onTestFinished(() => client.close())
  const model = await KsqlModel.start()
  model.clusterId = (await (await client.admin()).describeCluster()).clusterId
  const env = { PAYFLOW_KSQL_URL: model.url }
  const run = (...argv: string[]) => command(argv, { brokers, env })
  const create = (...topics: string[]) =>
    createTopics(
      client,
      topics.map((topic) => ({ topic, partitions: 1, replicationFactor: 1 })),
    )
  return { brokers, client, model, run, create }
}

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
    model.readTopics = () => topicNames(client)
    const { exitCode, stderr } = await run('all', '--reset', '--count', '20', '--rate', 'max', '--seed', '7')
    expect(stderr).toContain(`ksqlDB: at ${model.url}, 25 created, 0 kept`)
    expect(exitCode).toBe(0)
    expect(model.executed.findLastIndex((statement) => statement.startsWith('DROP'))).toBeLessThan(
      model.executed.findIndex((statement) => statement.startsWith('CREATE')),
    )
    await eventually(() => expect(model.held.size).toBe(25))
  }, 120_000)
})
