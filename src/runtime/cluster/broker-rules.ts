import type { ErrorCode } from '../../error-codes.ts'
import { copies, settingNumber, type ClusterFacts, type Finding, type Role } from './facts.ts'

type BrokerRule = (facts: ClusterFacts) => Finding | undefined

const duration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`)
const usage = (code: ErrorCode): NonNullable<Finding['fatal']> => ({ code, kind: 'usage' })

const brokerRules: readonly BrokerRule[] = [
  ({ broker, transactionTimeoutMs }) => {
    const most = settingNumber(broker, 'transaction.max.timeout.ms') ?? Infinity
    if (transactionTimeoutMs <= most) return undefined
    return {
      fatal: usage('TRANSACTION_TIMEOUT'),
      what: `The brokers take transactions of ${duration(most)} at most (transaction.max.timeout.ms=${most}), and the transaction timeout is ${duration(transactionTimeoutMs)}`,
      hint: `use \`--transaction-timeout ${duration(most)}\``,
    }
  },
  ({ broker, sessionTimeoutMs }) => {
    const least = settingNumber(broker, 'group.min.session.timeout.ms') ?? 0
    const most = settingNumber(broker, 'group.max.session.timeout.ms') ?? Infinity
    if (sessionTimeoutMs >= least && sessionTimeoutMs <= most) return undefined
    const [name, limit] = sessionTimeoutMs < least ? ['group.min.session.timeout.ms', least] : ['group.max.session.timeout.ms', most] // prettier-ignore
    return {
      fatal: usage('SESSION_TIMEOUT'),
      what: `The brokers refuse a session timeout of ${duration(sessionTimeoutMs)} (${name}=${limit})`,
      hint: `use \`--session-timeout ${duration(limit)}\``,
    }
  },
  (facts) => uncreatable(facts, 'transactions', '__transaction_state', 'transaction.state.log.replication.factor', 'transaction.state.log.min.isr'), // prettier-ignore
  (facts) => uncreatable(facts, 'offsets', '__consumer_offsets', 'offsets.topic.replication.factor', 'min.insync.replicas'), // prettier-ignore
]

/** One of Kafka's own topics that is not there yet: whether the broker will be able to create it and to write it. */
function uncreatable(
  { broker, brokers, topics }: ClusterFacts,
  role: Role,
  topic: string,
  factor: string,
  least: string,
): Finding | undefined {
  if (!broker || topics.some((known) => known.role === role)) return undefined
  const fatal = { code: 'KAFKA_TOPIC_REPLICATION', kind: 'infra' } as const
  const wanted = settingNumber(broker, factor) ?? 1
  if (wanted > brokers)
    return {
      fatal,
      mayPass: true,
      what: `The brokers cannot create ${topic}: it wants ${copies(wanted)} (${factor}=${wanted}), and there ${brokers === 1 ? 'is one broker' : `are ${brokers} brokers`}`,
      hint: `start the other brokers, or set ${factor}=${brokers} in their configuration and restart them`,
    }
  const inSync = settingNumber(broker, least) ?? 1
  if (inSync <= wanted) return undefined
  return {
    fatal,
    what: `${topic} will have ${copies(wanted)} (${factor}=${wanted}) and want ${inSync} in sync (${least}=${inSync}): every write to it would be refused`,
    hint: `set ${least}=${wanted} in the configuration of the brokers and restart them`,
  }
}

/** What the brokers' own settings refuse. */
export const judgeBrokers = (facts: ClusterFacts): Finding[] => brokerRules.flatMap((rule) => rule(facts) ?? [])
