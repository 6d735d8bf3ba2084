import { expect, test } from 'vitest'
import type { ClusterFacts, Role, TopicFacts } from '../../../../src/runtime/cluster/facts.ts'
import { judgeCluster } from '../../../../src/runtime/cluster/rules.ts'

const topicOf: Record<Role, string> = {
  input: 'orders',
  output: 'out',
  state: 'payflow-w-state',
  inbox: 'payflow-w-inbox',
  'dead-letters': 'dead_letters',
  offsets: '__consumer_offsets',
  transactions: '__transaction_state',
}
const usual = {
  'cleanup.policy': 'delete',
  'delete.retention.ms': '86400000',
  'max.message.bytes': '1048588',
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.after.max.ms': '3600000',
  'min.insync.replicas': '1',
  'retention.ms': '604800000',
  'retention.bytes': '-1',
  'unclean.leader.election.enable': 'false',
}
const brokerUsual = {
  'group.max.session.timeout.ms': '1800000',
  'group.min.session.timeout.ms': '6000',
  'min.insync.replicas': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.max.timeout.ms': '900000',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.replication.factor': '1',
}

interface Change {
  readonly role?: Role
  readonly config?: Record<string, string>
  readonly topic?: Partial<TopicFacts>
  readonly broker?: Record<string, string>
  readonly facts?: Partial<ClusterFacts>
  readonly without?: Role
}

/** A cluster in which all is right, but for one thing. */
function facts({ role, config, topic, broker, facts: more, without }: Change): ClusterFacts {
  const own: Partial<Record<Role, Record<string, string>>> = {
    state: { 'cleanup.policy': 'compact', 'max.message.bytes': '10485760' },
    inbox: { 'retention.ms': '-1', 'max.message.bytes': '10485760' },
    'dead-letters': { 'max.message.bytes': '10485760' },
    offsets: { 'cleanup.policy': 'compact' },
    transactions: { 'cleanup.policy': 'compact' },
  }
  const roles = (Object.keys(topicOf) as Role[]).filter((each) => each !== without)
  return {
    worker: 'w',
    hasState: true,
    sessionTimeoutMs: 6_000,
    transactionTimeoutMs: 30_000,
    brokers: 1,
    broker: new Map(Object.entries({ ...brokerUsual, ...broker })),
    topics: roles.map((each) => ({
      topic: topicOf[each],
      role: each,
      replicas: 1,
      start: 0,
      config: new Map(Object.entries({ ...usual, ...own[each], ...(each === role ? config : {}) })),
      ...(each === role ? topic : {}),
    })),
    ...more,
  }
}

const read = (change: Change) =>
  judgeCluster(facts(change)).map(({ fatal, what, hint }) => [fatal ? `${fatal.code} ${fatal.kind}` : 'warning', what, hint]) // prettier-ignore

test('a cluster with the usual settings has no findings', () => {
  expect(read({})).toEqual([])
})

test.each<[string, Change, string, string, string]>([
  ['state that lost its beginning', { role: 'state', topic: { start: 7 } }, 'STATE_LOST failed', 'offset 7', 'payflow worker reset w'],
  ['state that will lose it', { role: 'state', config: { 'cleanup.policy': 'compact,delete' } }, 'STATE_NOT_COMPACTED failed', 'cleanup.policy=compact,delete', 'payflow topics configure payflow-w-state cleanup.policy=compact'],
  ['progress without state that will be lost', { role: 'state', config: { 'cleanup.policy': 'delete' }, facts: { hasState: false } }, 'warning', 'payflow-w-state has cleanup.policy=delete', 'cleanup.policy=compact'],
  ['a compacted inbox', { role: 'inbox', config: { 'cleanup.policy': 'compact' } }, 'INBOX_COMPACTED failed', 'payflow-w-inbox', 'payflow worker reset w'],
  ['compacted dead letters', { role: 'dead-letters', config: { 'cleanup.policy': 'compact' } }, 'DEAD_LETTERS_COMPACTED failed', 'dead_letters', 'payflow topics configure dead_letters cleanup.policy=delete'],
  ['an output that nobody can write', { role: 'output', config: { 'min.insync.replicas': '2' } }, 'MIN_INSYNC_REPLICAS failed', 'min.insync.replicas=2, and one copy', 'payflow topics configure out min.insync.replicas=1'],
  ['transactions that cannot be committed', { role: 'transactions', config: { 'min.insync.replicas': '2' } }, 'MIN_INSYNC_REPLICAS infra', '__transaction_state', 'payflow topics configure __transaction_state min.insync.replicas=1'],
  ['a compacted input', { role: 'input', config: { 'cleanup.policy': 'compact' } }, 'warning', 'orders has cleanup.policy=compact', 'cleanup.policy=delete'],
  ['an inbox that forgets by time', { role: 'inbox', config: { 'retention.ms': '1000' } }, 'warning', 'retention.ms=1000', 'retention.ms=-1'],
  ['an inbox that forgets by size', { role: 'inbox', config: { 'retention.bytes': '1000' } }, 'warning', 'retention.bytes=1000', 'retention.bytes=-1'],
  ['unclean elections', { role: 'input', topic: { replicas: 2 }, config: { 'unclean.leader.election.enable': 'true' } }, 'warning', 'unclean.leader.election.enable=true', 'unclean.leader.election.enable=false'],
  ['a write that one of three acknowledges', { role: 'output', topic: { replicas: 3 } }, 'warning', 'min.insync.replicas=1', 'min.insync.replicas=2'],
  ['an output that takes small batches only', { role: 'output', config: { 'max.message.bytes': '1000' } }, 'warning', 'max.message.bytes=1000', 'payflow topics configure out max.message.bytes=10485760'],
  ['an input whose records do not fit dead letters', { role: 'input', config: { 'max.message.bytes': '20000000' } }, 'warning', 'payflow-w-inbox, dead_letters have max.message.bytes=10485760', 'max.message.bytes=21048588'],
  ['clocks that must agree', { role: 'state', config: { 'message.timestamp.before.max.ms': '500' } }, 'warning', 'message.timestamp.before.max.ms=500', 'message.timestamp.type=LogAppendTime'],
  ['tombstones that go too soon', { role: 'state', config: { 'delete.retention.ms': '0' } }, 'warning', 'delete.retention.ms=0', 'delete.retention.ms=3600000'],
  ['a transaction timeout that brokers refuse', { broker: { 'transaction.max.timeout.ms': '10000' } }, 'TRANSACTION_TIMEOUT usage', 'transaction.max.timeout.ms=10000', '--transaction-timeout 10s'],
  ['a session timeout that is too short', { broker: { 'group.min.session.timeout.ms': '10000' } }, 'SESSION_TIMEOUT usage', 'group.min.session.timeout.ms=10000', '--session-timeout 10s'],
  ['a session timeout that is too long', { broker: { 'group.max.session.timeout.ms': '5000' } }, 'SESSION_TIMEOUT usage', 'group.max.session.timeout.ms=5000', '--session-timeout 5s'],
  ['a transaction log that cannot be created', { without: 'transactions', broker: { 'transaction.state.log.replication.factor': '3' } }, 'KAFKA_TOPIC_REPLICATION infra', 'wants 3 copies (transaction.state.log.replication.factor=3), and there is one broker', 'transaction.state.log.replication.factor=1'],
  ['a transaction log that could not be written', { without: 'transactions', broker: { 'transaction.state.log.min.isr': '2' } }, 'KAFKA_TOPIC_REPLICATION infra', 'transaction.state.log.min.isr=2', 'transaction.state.log.min.isr=1'],
  ['group offsets that cannot be created', { without: 'offsets', broker: { 'offsets.topic.replication.factor': '3' } }, 'KAFKA_TOPIC_REPLICATION infra', '__consumer_offsets', 'offsets.topic.replication.factor=1'],
  ['a topic whose settings may not be read', { role: 'output', topic: { config: undefined } }, 'warning', 'The settings of out cannot be read', 'DescribeConfigs'],
  ['brokers whose settings may not be read', { facts: { broker: undefined } }, 'warning', 'The settings of the brokers cannot be read', 'DescribeConfigs'],
])('%s', (_, change, severity, what, hint) => {
  expect(read(change)).toEqual([[severity, expect.stringContaining(what), expect.stringContaining(hint)]])
}) // prettier-ignore

test.each<[string, Change]>([
  ['a beginning that is gone, where there is no state', { role: 'state', topic: { start: 7 }, facts: { hasState: false } }],
  ['a compacted output', { role: 'output', config: { 'cleanup.policy': 'compact' } }],
  ['times set by the broker', { role: 'output', config: { 'message.timestamp.type': 'LogAppendTime', 'message.timestamp.before.max.ms': '1' } }],
  ['unclean elections among one replica', { role: 'input', config: { 'unclean.leader.election.enable': 'true' } }],
  ['a setting of the transaction log that is there already', { broker: { 'transaction.state.log.replication.factor': '3' } }],
])('is right: %s', (_, change) => {
  expect(read(change)).toEqual([])
}) // prettier-ignore

test('what is fatal comes first, and topics with the same fault share a line', () => {
  const wrong = facts({ role: 'state', topic: { start: 1 } })
  const unclean = wrong.topics.map((topic) => ({ ...topic, replicas: 3, config: new Map([['unclean.leader.election.enable', 'true']]) })) // prettier-ignore
  const found = judgeCluster({ ...wrong, topics: unclean })
  expect(found.map(({ fatal }) => fatal?.code)).toEqual(['STATE_LOST', undefined])
  expect(found[1]!.what).toContain('orders, out, payflow-w-state, payflow-w-inbox, dead_letters, __consumer_offsets, __transaction_state have')
}) // prettier-ignore

test('one copy on a cluster of three is told once', () => {
  expect(read({ facts: { brokers: 3 } })).toEqual([['warning', expect.stringMatching(/^out, .* have one copy/), expect.anything()]]) // prettier-ignore
})
