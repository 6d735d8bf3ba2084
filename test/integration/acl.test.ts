import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  Partitioners,
  ResourcePatternTypes,
  logLevel,
  type AclEntry,
} from 'kafkajs'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { linesOf } from '../../src/app/acl/formats.ts'
import { grantsFor, type Grant } from '../../src/app/acl/grants.ts'
import { purposesOf } from '../../src/app/acl/purposes.ts'
import { audit, auditChoices } from '../../src/app/audit/audit.ts'
import { createMissing } from '../../src/app/topics/topics.ts'
import { PayflowError } from '../../src/errors.ts'
import { Client } from '../../src/kafka/client.ts'
import { topicConfigs } from '../../src/kafka/configs.ts'
import { asPayflowError } from '../../src/kafka/errors.ts'
import { orderSource } from '../../src/pipeline/sources/orders.ts'
import { paymentSource } from '../../src/pipeline/sources/payments.ts'
import type { Source } from '../../src/pipeline/sources/source.ts'
import { userSource } from '../../src/pipeline/sources/users.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'
import { defaultWorkers, findWorker } from '../../src/pipeline/workers/index.ts'
import { produce } from '../../src/runtime/producers/produce.ts'
import { runWorkers, type WorkerSummary } from '../../src/runtime/run-workers.ts'
import type { ConnectionSettings } from '../../src/settings/connection.ts'
import { withAdmin } from '../support/admin.ts'
import { defaults } from '../support/isolated.ts'
import { testKafka } from '../support/java-options.ts'
import { cachedJars } from '../support/local-broker.ts'
import { passwords, removeSecuredBroker, startSecuredBroker, type SecuredBroker } from '../support/secured-broker.ts'
import { eventually } from '../support/wait.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

// Its topics have their real names, so it is not the broker that other tests share.
const homeOf = (): string => `${inject('home')}-acl`
let broker: SecuredBroker
beforeAll(async () => {
  broker = await startSecuredBroker(homeOf(), {}, await cachedJars(testKafka))
})
afterAll(() => removeSecuredBroker(homeOf()))

type User = 'alice' | 'bob'
const as = (user: User): ConnectionSettings => ({
  brokers: [broker.addresses.open],
  sasl: { mechanism: 'scram-sha-512', username: user, password: passwords[user] },
})

async function withClient<Result>(
  connection: ConnectionSettings,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(connection)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}
const admin = (): ConnectionSettings => ({ brokers: [broker.addresses.plaintext] })

const neverAborted = new AbortController().signal
const layout = { partitions: 3, replicationFactor: 1 }
const clock = { seed: 7, startMs: Date.now() - 60_000, intervalMs: 20 }
const sources: readonly Source[] = [
  orderSource(clock),
  paymentSource({ ...clock, failureRate: 0.2 }),
  userSource(clock),
]
const [orders] = sources as [Source]

/** For tests that are about other rights. */
const topicsThere = () => withClient(admin(), (client) => createMissing(client, layout, neverAborted))
const createTopics = (user: User) => withClient(as(user), (client) => createMissing(client, layout, neverAborted))
const write = (connection: ConnectionSettings, source: Source, from = 0, count = 60) =>
  produce({ client: connection, source, rate: 'max', from, count, signal: neverAborted, onProgress: () => undefined })
const work = (user: User, workers: readonly AnyWorker[]): Promise<WorkerSummary[]> =>
  runWorkers({
    client: as(user),
    workers: workers.map((definition) => ({ definition, options: defaults(definition) })),
    replicationFactor: 1,
    sessionTimeoutMs: 6_000,
    untilCaughtUp: true,
    signal: neverAborted,
    onEvent: () => undefined,
  })
const judge = (user: User, workers: readonly AnyWorker[]) =>
  withClient(
    as(user),
    (client) =>
    audit(client, auditChoices(workers.map((definition) => ({ definition, options: defaults(definition), words: [] }))), { signal: neverAborted, onProgress: () => undefined }), // prettier-ignore
  )

const grants = async (...words: readonly string[]): Promise<Grant[]> => grantsFor(await purposesOf(words, false, '/'))

/** Runs the lines that `payflow acl` prints, with Kafka's own tool. */
async function runLines(user: User, of: readonly Grant[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'payflow-acls-'))
  try {
    const jars = join(await cachedJars('3.9'), '*')
    const tool = `#!/bin/sh\nexec java -Xmx128m -XX:TieredStopAtLevel=1 -cp '${jars}' kafka.admin.AclCommand "$@"\n`
    await writeFile(join(directory, 'kafka-acls.sh'), tool, { mode: 0o755 })
    await writeFile(join(directory, 'admin.properties'), '')
    const lines = linesOf('kafka-acls', of, { principal: `User:${user}`, brokers: admin().brokers })
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH ?? ''}` }
    await promisify(execFile)('sh', ['-ec', lines.join('\n')], { cwd: directory, env })
  } finally {
    await rm(directory, { recursive: true })
  }
}

interface Right {
  readonly resource: Grant['resource']
  readonly name: string
  readonly pattern: Grant['pattern']
  readonly operation: Grant['operations'][number]
}
const rightsIn = (of: readonly Grant[]): Right[] =>
  of.flatMap(({ operations, ...rest }) => operations.map((operation) => ({ ...rest, operation })))

const types = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP, 'transactional id': AclResourceTypes.TRANSACTIONAL_ID, cluster: AclResourceTypes.CLUSTER } // prettier-ignore
const operations = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
}
const entryOf = (user: User, { resource, name, pattern, operation }: Right): AclEntry => ({
  resourceType: types[resource],
  resourceName: resource === 'cluster' ? 'kafka-cluster' : name,
  resourcePatternType: pattern === 'prefixed' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  principal: `User:${user}`,
  host: '*',
  operation: operations[operation],
  permissionType: AclPermissionTypes.ALLOW,
})

/** Gives or takes rights; returns when the broker goes by it. */
async function change(how: 'give' | 'take', user: User, rights: readonly Right[]): Promise<void> {
  await withAdmin(admin().brokers, async (kafkaAdmin) => {
    const entries = rights.map((right) => entryOf(user, right))
    if (how === 'give') await kafkaAdmin.createAcls({ acl: entries })
    else await kafkaAdmin.deleteAcls({ filters: entries })
    for (const entry of entries)
      await eventually(async () => {
        const { resources } = await kafkaAdmin.describeAcls(entry)
        expect(resources.length > 0).toBe(how === 'give')
      })
  })
}

/** Without each of the rights alone `run` must fail, and say which operation on which resource it was. */
async function eachIsNeeded(
  user: User,
  rights: readonly Right[],
  run: (right: Right) => Promise<unknown>,
): Promise<void> {
  for (const right of rights) {
    await change('take', user, [right])
    const failure = await run(right).then(
      () => undefined,
      (error: unknown) => asPayflowError(error),
    )
    const { operation, resource, name } = right
    expect.soft(failure?.code, `without ${operation} on ${resource} ${name}: ${failure?.message ?? 'nothing fails'}`).toBe('NOT_AUTHORIZED') // prettier-ignore
    // who may not even describe it is told that first
    expect.soft(failure?.message).toMatch(new RegExp(`^Not allowed by the brokers: (${operation}|Describe) on ${resource} (\\S+ or )*${name}`)) // prettier-ignore
    expect.soft(failure?.hint).toMatch(/kafka-acls --add --operation \w+ --/)
    await change('give', user, [right])
  }
}

/** A payment and an order of one user, a record that is not JSON, and an order in another partition than its user's. */
async function feed(round: number): Promise<void> {
  const kafka = new Kafka({ brokers: [...admin().brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const value = orders.json(1_000 + round)
  const wrong = [0, 1, 2].map((partition) => ({ key: null, value, partition }))
  await producer.sendBatch({
    topicMessages: [
      { topic: 'orders', messages: [{ key: 'x', value: 'not JSON' }, ...wrong.map((message, i) => ({ ...message, value: orders.json(2_000 + round * 3 + i) }))] }, // prettier-ignore
      { topic: 'payments', messages: [{ key: '1', value: sources[1]!.json(round) }] },
    ],
  })
  await producer.disconnect()
}

test('with all that `payflow acl` prints, and no right more, topics are created, everything is produced, worked and audited', async () => {
  await runLines('bob', await grants('all'))
  const granted = rightsIn(await grants('all')).map((right) => entryOf('bob', right))
  const found = await withAdmin(admin().brokers, async (kafkaAdmin) => {
    const { resources } = await kafkaAdmin.describeAcls({ ...entryOf('bob', rightsIn(await grants('all'))[0]!), resourceType: AclResourceTypes.ANY, resourceName: undefined, resourcePatternType: ResourcePatternTypes.ANY, operation: AclOperationTypes.ANY } as unknown as AclEntry) // prettier-ignore
    return resources.flatMap(({ acls }) => acls)
  })
  expect(found).toHaveLength(granted.length)

  const { created } = await createTopics('bob')
  expect(created).toContain('payflow-process-payments-inbox')
  for (const source of sources) expect(await write(as('bob'), source)).toMatchObject({ records: 60 })
  const summaries = await work('bob', defaultWorkers)
  expect(summaries.map(({ processed }) => processed > 0)).toEqual(defaultWorkers.map(() => true))
  expect(await judge('bob', defaultWorkers)).toMatchObject({ ok: true })
})

test('each right of a worker with state, of its audit, of producers and of who creates topics is needed, and is named when it is missing', async () => {
  await topicsThere()
  const worker = findWorker('process-payments')!
  await change('give', 'alice', rightsIn(await grants('process-payments')))
  let round = 0
  const fedWork = async (): Promise<unknown> => {
    await feed(++round)
    return work('alice', [worker])
  }
  expect(await fedWork()).toMatchObject([{ deadLetters: 1 }])
  await eachIsNeeded('alice', rightsIn(await grants('process-payments')), fedWork)
  await fedWork()

  await change('take', 'alice', rightsIn(await grants('process-payments')))
  const auditRights = rightsIn(grantsFor({ topics: false, produce: false, run: false, audit: true, checks: false, workers: [worker] })) // prettier-ignore
  await change('give', 'alice', auditRights)
  expect(await judge('alice', [worker])).toMatchObject({ ok: true })
  const state = ({ name }: Right): boolean => name === 'payflow-process-payments-state'
  await eachIsNeeded('alice', auditRights.filter((right) => !state(right)), () => judge('alice', [worker])) // prettier-ignore
  // where the group has no offsets any more, the progress record tells
  await withAdmin(admin().brokers, (kafkaAdmin) => kafkaAdmin.deleteGroups(['payflow-process-payments']))
  expect(await judge('alice', [worker])).toMatchObject({ ok: true })
  await eachIsNeeded('alice', auditRights.filter(state), () => judge('alice', [worker]))
  await change('take', 'alice', auditRights)

  const produceRights = rightsIn(await grants('produce'))
  await change('give', 'alice', produceRights)
  await eachIsNeeded('alice', produceRights, ({ name }) => write(as('alice'), sources.find(({ topic }) => topic.name === name)!, 60, 5)) // prettier-ignore
  await change('take', 'alice', produceRights)

  const mine: AnyWorker = { ...worker, name: 'of-alice' }
  const creation = rightsIn(grantsFor({ topics: true, produce: false, run: false, audit: false, checks: false, workers: [mine] })) // prettier-ignore
  await change('give', 'alice', creation)
  const topic = 'payflow-of-alice-state'
  const create = () => withClient(as('alice'), (client) => import('../../src/kafka/topic-creation.ts').then(({ createTopics: make }) => make(client, [{ topic, ...layout }]))) // prettier-ignore
  for (const right of creation.filter(({ name }) => name === topic)) {
    await eachIsNeeded('alice', [right], create)
    await withAdmin(admin().brokers, async (kafkaAdmin) => {
      if ((await kafkaAdmin.listTopics()).includes(topic)) await kafkaAdmin.deleteTopics({ topics: [topic] })
      await eventually(async () => expect(await kafkaAdmin.listTopics()).not.toContain(topic))
    })
  }
  expect(await create()).toMatchObject({ created: [topic] })
})

test('with the rights of --checks the settings of every topic of a worker can be read; without them none, and nothing fails', async () => {
  await topicsThere()
  const worker = findWorker('large-orders')!
  const purposes = { topics: false, produce: false, run: true, audit: false, workers: [worker] }
  const [plain, checks] = [grantsFor({ ...purposes, checks: false }), grantsFor({ ...purposes, checks: true })].map(rightsIn) as [Right[], Right[]] // prettier-ignore
  await change('give', 'alice', plain)
  const names = plain.flatMap(({ resource, name }) => (resource === 'topic' ? [name] : []))
  const readable = () => withClient(as('alice'), async (client) => [...(await topicConfigs(client, names, ['cleanup.policy'])).keys()]) // prettier-ignore
  expect(await readable()).toEqual([])
  await change('give', 'alice', checks.filter(({ operation }) => operation === 'DescribeConfigs' || operation === 'Describe')) // prettier-ignore
  expect((await readable()).sort()).toEqual([...new Set(names)].sort())
  expect(await work('alice', [worker])).toHaveLength(1)
})

test('a topic that may not be described is called forbidden, not missing, by an audit', async () => {
  await topicsThere()
  const failure = await judge('alice', [findWorker('aggregated-revenue')!]).catch((error: unknown) =>
    asPayflowError(error),
  )
  expect(failure).toBeInstanceOf(PayflowError)
  expect(failure).toMatchObject({ code: 'NOT_AUTHORIZED' })
})
