import { expect, test } from 'vitest'
import { checkPrincipal, linesOf } from '../../../../src/app/acl/formats.ts'
import { grantsFor, type Grant } from '../../../../src/app/acl/grants.ts'
import { purposesOf } from '../../../../src/app/acl/purposes.ts'
import { internalTopics } from '../../../../src/runtime/internal-topics.ts'
import { transactionalIdOf, transactionalIdPrefix, publicTopics } from '../../../../src/pipeline/events/topics.ts'
import { defaultWorkers } from '../../../../src/pipeline/workers/index.ts'
import { kinds } from '../../../../src/pipeline/sources/source.ts'
import { command } from '../../../support/command.ts'

const grants = async (words: readonly string[], checks = false): Promise<Grant[]> =>
  grantsFor(await purposesOf(words, checks, '/'))
const texts = (of: readonly Grant[]): string[] =>
  of.map(({ resource, name, pattern, operations }) => `${operations.join('+')} ${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`) // prettier-ignore

test('a worker with state reads its inputs and writes its output, dead letters, inbox and state, as its group, in its transactions', async () => {
  expect(texts(await grants(['process-payments']))).toEqual([
    'Read topic orders',
    'Read topic payments',
    'Write topic order_status',
    'Write topic dead_letters',
    'Read+Write topic payflow-process-payments-state',
    'Read+Write topic payflow-process-payments-inbox',
    'Read group payflow-process-payments',
    'Write transactional id payflow-process-payments-*',
  ])
})

test('a worker without state hands nothing on: it only reads its inbox', async () => {
  const found = texts(await grants(['large-orders']))
  expect(found).toContain('Read topic payflow-large-orders-inbox')
  expect(found).toContain('Read+Write topic payflow-large-orders-state')
})

test('of workers that feed each other the rights are joined, one entry a resource', async () => {
  const found = await grants(['failed-payments', 'frequent-failed-payments'])
  expect(texts(found)).toContain('Write+Read topic failed_payments')
  expect(new Set(found.map(({ resource, name }) => `${resource} ${name}`)).size).toBe(found.length)
})

test('producers write the three inputs, an audit reads everything and describes groups, checks add DescribeConfigs and nothing else', async () => {
  expect(texts(await grants(['produce']))).toEqual(kinds.map((kind) => `Write topic ${kind}`))
  expect(texts(await grants(['audit', 'large-orders']))).toContain('Read+Write topic payflow-large-orders-state')
  expect(new Set((await grants(['audit'])).flatMap(({ operations }) => operations))).toEqual(new Set(['Read', 'Describe'])) // prettier-ignore
  const [without, plus] = [await grants(['all']), await grants(['all'], true)]
  const less = plus.flatMap((grant) => {
    const operations = grant.operations.filter((operation) => operation !== 'DescribeConfigs')
    return operations.length === 0 || grant.name.startsWith('__') ? [] : [{ ...grant, operations }]
  })
  expect(less).toEqual(without)
  expect(plus).toContainEqual({ resource: 'cluster', name: '', pattern: 'literal', operations: ['DescribeConfigs'] })
})

test('all covers every topic that payflow creates, every group and every transactional id', async () => {
  const found = await grants([])
  const created = [...publicTopics.map(({ name }) => name), ...internalTopics(defaultWorkers, { partitions: 1, replicationFactor: 1 }).map(({ topic }) => topic)] // prettier-ignore
  const mayCreate = found.filter(({ operations }) => operations.includes('Create')).map(({ name }) => name)
  expect(mayCreate.sort()).toEqual(created.sort())
  for (const { name } of defaultWorkers) {
    expect(transactionalIdOf(name, 12).startsWith(transactionalIdPrefix(name))).toBe(true)
    expect(texts(found)).toContain(`Write transactional id payflow-${name}-*`)
  }
})

const some: Grant[] = [
  { resource: 'topic', name: 'orders', pattern: 'literal', operations: ['Read'] },
  { resource: 'topic', name: 'payments', pattern: 'literal', operations: ['Read'] },
  { resource: 'topic', name: 'order_status', pattern: 'literal', operations: ['Write', 'DescribeConfigs'] },
  { resource: 'group', name: 'payflow-x', pattern: 'literal', operations: ['Read'] },
  { resource: 'transactional id', name: 'payflow-x-', pattern: 'prefixed', operations: ['Write'] },
  { resource: 'cluster', name: '', pattern: 'literal', operations: ['DescribeConfigs'] },
]
const asked = { principal: 'User:alice', brokers: ['a:9092', 'b:9092'] }

test("for Kafka's own tool, resources with the same rights are in one line", () => {
  const begin = 'kafka-acls.sh --bootstrap-server a:9092,b:9092 --command-config admin.properties --add --allow-principal User:alice' // prettier-ignore
  expect(linesOf('kafka-acls', some, asked).slice(1)).toEqual([
    `${begin} --operation Read --topic orders --topic payments`,
    `${begin} --operation Write --operation DescribeConfigs --topic order_status`,
    `${begin} --operation Read --group payflow-x`,
    `${begin} --operation Write --resource-pattern-type prefixed --transactional-id payflow-x-`,
    `${begin} --operation DescribeConfigs --cluster`,
  ])
  const [, line] = linesOf('kafka-acls', some, { ...asked, principal: "User:CN=it's me,O=x" })
  expect(line).toContain(`--allow-principal 'User:CN=it'\\''s me,O=x' `)
})

test('for Strimzi it is a KafkaUser of the name that its operator makes the principal of', () => {
  const lines = linesOf('strimzi', some, asked)
  expect(lines).toEqual(expect.arrayContaining(['kind: KafkaUser', '  name: alice', '    type: scram-sha-512']))
  expect(lines.join('\n')).toContain(
    [
      '      - resource:',
      '          type: transactionalId',
      '          name: payflow-x-',
      '          patternType: prefix',
      '        operations: [Write]',
      '      - resource:',
      '          type: cluster',
      '        operations: [DescribeConfigs]',
    ].join('\n'),
  )
  expect(linesOf('strimzi', some, { ...asked, principal: 'User:CN=alice' })).toContain('    type: tls')
  expect(() => linesOf('strimzi', some, { ...asked, principal: 'User:CN=alice,O=x' })).toThrow('cannot be named after')
})

test("for Confluent's command line a service account is named by its id", () => {
  const lines = linesOf('confluent', some, { ...asked, principal: 'User:sa-12ab' })
  expect(lines).toEqual([
    'confluent kafka acl create --allow --service-account sa-12ab --operations read --topic orders',
    'confluent kafka acl create --allow --service-account sa-12ab --operations read --topic payments',
    'confluent kafka acl create --allow --service-account sa-12ab --operations write,describe-configs --topic order_status',
    'confluent kafka acl create --allow --service-account sa-12ab --operations read --consumer-group payflow-x',
    'confluent kafka acl create --allow --service-account sa-12ab --operations write --transactional-id payflow-x- --prefix',
    'confluent kafka acl create --allow --service-account sa-12ab --operations describe-configs --cluster-scope',
  ])
  expect(linesOf('confluent', some, asked)[0]).toContain('--allow --principal User:alice --operations read')
})

test.each(['alice', 'User:', 'User: alice', 'User:*', ''])('"%s" is not a principal', (text) => {
  expect(() => checkPrincipal(text)).toThrow(expect.objectContaining({ code: 'PRINCIPAL_INVALID', kind: 'usage' }))
})

test('the command needs no cluster, prints lines or JSON, and refuses a worker that there is not', async () => {
  const { exitCode, stdout, stderr } = await command([
    'acl',
    'large-orders',
    '--principal',
    'User:x',
    '--brokers',
    'k:1',
  ])
  expect([exitCode, stderr]).toEqual([0, ''])
  expect(stdout).toContain('kafka-acls.sh --bootstrap-server k:1 ')
  const json = await command(['acl', 'produce', '--principal', 'User:x', '--json'])
  expect(JSON.parse(json.stdout)).toHaveLength(3)
  const wrong = await command(['acl', 'large-order', '--principal', 'User:x'])
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('There is no worker "large-order"')])
  expect((await command(['acl'])).exitCode).toBe(2)
})
