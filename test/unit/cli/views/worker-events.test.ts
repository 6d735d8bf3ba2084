import { expect, test } from 'vitest'
import type { SupervisorEvent } from '../../../../src/app/workers/supervisor.ts'
import { eventText, isIncident, showEvent } from '../../../../src/cli/views/worker-events.ts'
import { troubleText, type Trouble } from '../../../../src/kafka/trouble.ts'

const WORKER = 'large-orders'
const cause = { error: 'INVALID_PRODUCER_EPOCH', code: 47 }
const foreign: Trouble = {
  code: 'foreign-group-member',
  group: 'payflow-large-orders',
  protocolType: 'consumer',
  protocol: 'RoundRobinAssigner',
  members: [{ memberId: 'app-1', clientId: 'app', host: '10.0.0.7' }],
}

test.each<[SupervisorEvent, string | undefined, 'always' | 'verbose' | undefined]>([
  [{ kind: 'assigned', worker: WORKER, partitions: [0, 2], generation: 3 }, 'partitions 0, 2', 'always'],
  [{ kind: 'assigned', worker: WORKER, partitions: [], generation: 3 }, 'no partition', 'always'],
  [{ kind: 'phase', worker: WORKER, partition: 1, from: 'running', to: 'aborting', cause }, 'partition 1: running → aborting (INVALID_PRODUCER_EPOCH)', 'verbose'],
  [{ kind: 'phase', worker: WORKER, partition: 1, from: 'restoring', to: 'running' }, 'partition 1: restoring → running', 'verbose'],
  [{ kind: 'restoring', worker: WORKER, partition: 1, done: 10, total: 20 }, 'partition 1: 10 of 20', 'always'],
  [{ kind: 'rejoined', worker: WORKER, cause: { error: 'REBALANCE_IN_PROGRESS' } }, 'joins its group again (REBALANCE_IN_PROGRESS)', 'verbose'],
  [{ kind: 'connection-lost', worker: WORKER, broker: 'b:9092', cause: { error: 'closed' } }, 'connection to b:9092 lost (closed)', 'verbose'],
  [{ kind: 'caught-up', worker: WORKER }, 'nothing is left to read', 'always'],
  [{ kind: 'trouble-over', worker: WORKER, partition: 1, seconds: 12.4 }, 'partition 1: goes on after 12 s', 'always'],
  [{ kind: 'stalled', worker: WORKER, partition: 1, seconds: 30 }, 'partition 1 has had work and made no progress for 30 s', 'always'],
  [{ kind: 'waiting', worker: WORKER, topic: 'orders', partition: 0, records: 1200, seconds: 5, transaction: { producerId: '7', transactionalId: 'billing', since: 0, timeoutMs: 60_000 } },
    'orders/0: 1,200 records wait behind the open transaction of billing, since 1970-01-01T00:00:00.000Z; its coordinator ends it 60 s after it began', 'always'],
  [{ kind: 'waiting', worker: WORKER, topic: 'orders', partition: 0, records: 1, seconds: 5 }, 'orders/0: 1 record waits behind an open transaction', 'always'],
  [{ kind: 'died', worker: WORKER, why: 'killed by SIGKILL', retryMs: 500 }, 'died (killed by SIGKILL); starting it again in 0.5 s', 'always'],
  [{ kind: 'died', worker: WORKER, why: 'no such topic', retryMs: undefined }, 'died (no such topic); it is not started again', 'always'],
  [{ kind: 'warning', worker: WORKER, code: 'retention-short', fields: { topic: 'orders', ms: 5 } }, 'warning: retention-short topic=orders ms=5', 'always'],
  [{ kind: 'committed', worker: WORKER, partition: 1, processed: 5, emitted: 1, deadLetters: 0, strays: 0 }, undefined, undefined],
  [{ kind: 'dead-letter', worker: WORKER, partition: 1, records: 5 }, undefined, undefined],
])('$0.kind reads as a line of its worker', (event, text, shown) => {
  expect(eventText(event)?.text).toBe(text && `large-orders: ${text}`)
  expect(eventText(event)?.shown).toBe(shown)
}) // prettier-ignore

test('what does not mend itself is shown without --verbose, with what to do on a line of its own', () => {
  const lines: string[] = []
  const event: SupervisorEvent = { kind: 'trouble', worker: WORKER, seconds: 5, trouble: foreign }
  showEvent({ note: (line) => lines.push(line), detail: () => expect.unreachable() }, event)
  expect(lines).toEqual([
    'large-orders: The consumer group payflow-large-orders has members that are not payflow workers: app at 10.0.0.7 (member app-1), with the protocol RoundRobinAssigner',
    '→ end that consumer, or give it another group id: payflow joins as soon as it has left',
  ])
  expect(isIncident(event)).toBe(true)
})

test.each<[Trouble, string, string]>([
  [
    { code: 'internal-topic-not-creatable', topic: '__transaction_state', setting: 'transaction.state.log.replication.factor', replicationFactor: 3, brokers: 1 },
    'The brokers cannot create __transaction_state: transaction.state.log.replication.factor is 3, and there is 1 broker',
    'start 3 brokers, or set transaction.state.log.replication.factor=1 on the brokers and restart them',
  ],
  [
    { code: 'not-enough-replicas', topic: 'orders', partition: 2, minInsyncReplicas: 2, inSync: [0], replicas: [0, 1] },
    'orders/2 takes no writes: min.insync.replicas is 2, and in sync is broker 0 of its replicas 0, 1',
    'bring the brokers of its other replicas back (`payflow infra status`)',
  ],
  [
    { code: 'not-enough-replicas', topic: '__transaction_state', partition: 2, minInsyncReplicas: 2, inSync: [0], replicas: [0] },
    '__transaction_state/2 takes no writes: transaction.state.log.min.isr is 2, and in sync is broker 0 of its replicas 0',
    'it has 1 replica: lower transaction.state.log.min.isr of __transaction_state, or give it more replicas',
  ],
  [
    { code: 'not-authorized', right: { operation: 'Read', resource: 'group', names: ['g'] } },
    'Not allowed by the brokers: Read on group g',
    'have it granted to the principal that payflow connects as (kafka-acls --add --operation Read --group g), then start it again; `payflow acl --principal User:NAME` prints all that are needed',
  ],
])('a trouble is one line what is wrong and one what to do: $0.code', (trouble, message, hint) => {
  expect(troubleText(trouble)).toEqual({ message, hint })
}) // prettier-ignore
