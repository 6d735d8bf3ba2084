import { PayflowError, messageOf } from '../errors.ts'
import { codeOf } from './error-code.ts'
import { isLoginRefused, loginLost } from './login.ts'
import { grantHint, missingRightOf, missingRightText, type Right } from './rights.ts'

export { codeOf }

/**
 * What a broker error means for the one who gets it.
 * `retriable`: the same request may be sent again. `fenced`: the producer is not ours any more; a new epoch decides.
 * `rejoin`: the group has moved on; `rejoin-as-new`: and it has forgotten this member id. `foreign-group`: other members of the group
 * speak another protocol; a join may be tried again, for they may leave. `fatal`: no repetition helps.
 * Codes are those of the Kafka protocol guide.
 */
export type ErrorClass = 'retriable' | 'fenced' | 'rejoin' | 'rejoin-as-new' | 'foreign-group' | 'fatal'

const classes: Readonly<Record<number, ErrorClass>> = {
  [-1]: 'fenced', // UNKNOWN_SERVER_ERROR: among others a coordinator whose clock stepped back (kafkajs #302)
  2: 'retriable', // CORRUPT_MESSAGE: damaged on its way
  3: 'retriable', // UNKNOWN_TOPIC_OR_PARTITION: a broker that has just started does not know its topics yet
  5: 'retriable', // LEADER_NOT_AVAILABLE: an election is under way
  6: 'retriable', // NOT_LEADER_FOR_PARTITION: our metadata are old
  7: 'retriable', // REQUEST_TIMED_OUT: replicas were too slow
  8: 'retriable', // BROKER_NOT_AVAILABLE
  9: 'retriable', // REPLICA_NOT_AVAILABLE
  13: 'retriable', // NETWORK_EXCEPTION
  14: 'retriable', // COORDINATOR_LOAD_IN_PROGRESS: it has just become coordinator
  15: 'retriable', // COORDINATOR_NOT_AVAILABLE: a fresh broker creates its internal topics
  16: 'retriable', // NOT_COORDINATOR: it has moved
  19: 'retriable', // NOT_ENOUGH_REPLICAS: a broker is down
  20: 'retriable', // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  22: 'rejoin-as-new', // ILLEGAL_GENERATION: a rebalance has passed us by
  23: 'foreign-group', // INCONSISTENT_GROUP_PROTOCOL
  25: 'rejoin-as-new', // UNKNOWN_MEMBER_ID: our session has timed out
  27: 'rejoin', // REBALANCE_IN_PROGRESS
  41: 'retriable', // NOT_CONTROLLER
  45: 'fenced', // OUT_OF_ORDER_SEQUENCE_NUMBER: what the broker has and what we think differ
  46: 'fenced', // DUPLICATE_SEQUENCE_NUMBER
  47: 'fenced', // INVALID_PRODUCER_EPOCH: another owner has taken the transactional id over
  48: 'fenced', // INVALID_TXN_STATE: also what a producer gets that slept past its transaction's timeout (KAFKA-19690)
  49: 'fenced', // INVALID_PRODUCER_ID_MAPPING: the id has expired; re-initialising in place could write twice (KAFKA-18019)
  51: 'retriable', // CONCURRENT_TRANSACTIONS: the markers of the last transaction are still being written
  52: 'fenced', // TRANSACTION_COORDINATOR_FENCED
  56: 'retriable', // KAFKA_STORAGE_ERROR: the log dir failed, another replica takes over
  59: 'fenced', // UNKNOWN_PRODUCER_ID
  72: 'retriable', // LISTENER_NOT_FOUND: a starting broker
  74: 'retriable', // FENCED_LEADER_EPOCH
  75: 'retriable', // UNKNOWN_LEADER_EPOCH
  78: 'retriable', // OFFSET_NOT_AVAILABLE: the new leader does not know the high watermark yet
  88: 'retriable', // UNSTABLE_OFFSET_COMMIT: a transaction with these offsets is being decided
  90: 'fenced', // PRODUCER_FENCED
  100: 'retriable', // UNKNOWN_TOPIC_ID: deleted, or a broker that has just started does not know it yet
  103: 'retriable', // INCONSISTENT_TOPIC_ID
  120: 'fenced', // TRANSACTION_ABORTABLE: this transaction cannot be committed any more, another can (KIP-890)
  [-99]: 'fenced', // a code that kafkajs does not know (90 among them)
}

/** An error code of one partition of a response. */
export class PartitionError extends Error {
  override readonly name = 'PartitionError'
  readonly api: string
  readonly topic: string
  readonly partition: number
  readonly code: number
  constructor(api: string, topic: string, partition: number, code: number) {
    super(`${api} of ${topic}/${partition}: ${errorName(code)}`)
    this.api = api
    this.topic = topic
    this.partition = partition
    this.code = code
  }
}

/**
 * What a broker says of a group is older than what is known here: another coordinator has taken over, and this one, that was frozen or cut
 * off, does not know it yet.
 */
export class StaleCoordinator extends Error {
  override readonly name = 'StaleCoordinator'
  /** NOT_COORDINATOR */
  readonly code = 16

  constructor(group: string, why: string) {
    super(`A broker that speaks for group ${group} is not its coordinator any more: ${why}`)
  }
}

/** None of a partition's replicas is up: nobody can read or write it. */
export class NoLeader extends PartitionError {
  readonly at: { readonly topic: string; readonly partition: number; readonly replicas: readonly number[] }

  constructor(topic: string, partition: number, replicas: readonly number[]) {
    super('Metadata', topic, partition, 5)
    this.at = { topic, partition, replicas }
  }
}

const names: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR', 1: 'OFFSET_OUT_OF_RANGE', 2: 'CORRUPT_MESSAGE', 3: 'UNKNOWN_TOPIC_OR_PARTITION', 5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER', 7: 'REQUEST_TIMED_OUT', 10: 'MESSAGE_TOO_LARGE', 14: 'COORDINATOR_LOAD_IN_PROGRESS', 15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR', 17: 'INVALID_TOPIC_EXCEPTION', 18: 'RECORD_LIST_TOO_LARGE', 19: 'NOT_ENOUGH_REPLICAS', 20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 22: 'ILLEGAL_GENERATION', 23: 'INCONSISTENT_GROUP_PROTOCOL',
  25: 'UNKNOWN_MEMBER_ID', 27: 'REBALANCE_IN_PROGRESS', 29: 'TOPIC_AUTHORIZATION_FAILED', 30: 'GROUP_AUTHORIZATION_FAILED', 31: 'CLUSTER_AUTHORIZATION_FAILED', 32: 'INVALID_TIMESTAMP',
  36: 'TOPIC_ALREADY_EXISTS', 37: 'INVALID_PARTITIONS', 38: 'INVALID_REPLICATION_FACTOR', 39: 'INVALID_REPLICA_ASSIGNMENT', 40: 'INVALID_CONFIG', 41: 'NOT_CONTROLLER', 42: 'INVALID_REQUEST', 44: 'POLICY_VIOLATION', 45: 'OUT_OF_ORDER_SEQUENCE_NUMBER', 46: 'DUPLICATE_SEQUENCE_NUMBER', 47: 'INVALID_PRODUCER_EPOCH', 48: 'INVALID_TXN_STATE',
  49: 'INVALID_PRODUCER_ID_MAPPING', 51: 'CONCURRENT_TRANSACTIONS', 53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 56: 'KAFKA_STORAGE_ERROR',
  59: 'UNKNOWN_PRODUCER_ID', 60: 'REASSIGNMENT_IN_PROGRESS', 68: 'NON_EMPTY_GROUP', 69: 'GROUP_ID_NOT_FOUND', 73: 'TOPIC_DELETION_DISABLED', 80: 'PREFERRED_LEADER_NOT_AVAILABLE', 83: 'ELIGIBLE_LEADERS_NOT_AVAILABLE', 87: 'INVALID_RECORD', 88: 'UNSTABLE_OFFSET_COMMIT', 90: 'PRODUCER_FENCED',
  100: 'UNKNOWN_TOPIC_ID', 103: 'INCONSISTENT_TOPIC_ID', 120: 'TRANSACTION_ABORTABLE',
} // prettier-ignore
/** As the Kafka protocol guide calls it. */
export const errorName = (code: number): string => names[code] ?? `error code ${code}`

/** `host:port` of the broker that an error of kafkajs's names: it could not be reached, or gave no answer in time. */
export function brokerOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('broker' in error && typeof error.broker === 'string') return error.broker
  return error.cause === error ? undefined : brokerOf(error.cause)
}

/** True for what never reached a broker or never came back: whether it was carried out is not known. */
export const isConnectionError = (error: unknown): boolean =>
  error instanceof Error && (/^KafkaJS(Connection|RequestTimeout|BrokerNotFound|LockTimeout|NumberOfRetries|TopicMetadataNotLoaded|MetadataNotLoaded|GroupCoordinatorNotFound|NoBrokerAvailable)/.test(error.name) || error.message === 'Broker not connected') // prettier-ignore

/** True for an answer that did not come in time. */
export const isTimeout = (error: unknown): boolean =>
  error instanceof Error && error.name === 'KafkaJSRequestTimeoutError'

/** Whoever gives out tokens may be away for a while, as a broker may. */
const isTokenMissing = (error: unknown): boolean =>
  error instanceof PayflowError && error.code === 'TOKEN_COMMAND_FAILED'

export function classify(error: unknown): ErrorClass {
  const code = codeOf(error)
  if (code !== undefined) return classes[code] ?? 'fatal'
  return isConnectionError(error) || isTokenMissing(error) ? 'retriable' : 'fatal'
}

/** True for what a broker answered, or for one that could not be reached: no bug of payflow's. */
export const isBrokerError = (error: unknown): boolean =>
  isConnectionError(error) || (error instanceof Error && /^(KafkaJS|PartitionError)/.test(error.name))

/** A batch that is larger than its topic takes: which one it was. */
export const isTooLarge = (error: unknown): error is PartitionError =>
  error instanceof PartitionError && (error.code === 10 || error.code === 18)

export const notAuthorized = (right: Right, cause: unknown): PayflowError =>
  new PayflowError('NOT_AUTHORIZED', missingRightText(right), { kind: 'failed', hint: grantHint(right), cause })

/** What the user reads when a request failed for good. */
export function asPayflowError(error: unknown): PayflowError {
  if (error instanceof PayflowError) return error
  if (error instanceof NoLeader) {
    const { topic, partition, replicas } = error.at
    return new PayflowError('NO_LEADER', `Partition ${partition} of ${topic} has no leader: broker ${replicas.join(', ')} must be up`, {
      kind: 'infra',
      hint: `start that broker again; see \`payflow topics describe ${topic}\``,
      cause: error,
    }) // prettier-ignore
  }
  if (isLoginRefused(error)) return loginLost(error)
  if (isConnectionError(error))
    return new PayflowError('UNREACHABLE', `The connection to the brokers is lost: ${messageOf(error)}`, {
      kind: 'infra',
      hint: 'see `payflow infra status`',
      cause: error,
    })
  if (codeOf(error) === 32)
    return new PayflowError('CLOCK_DIFFERS', `The broker takes no record of this machine's time: ${messageOf(error)}`, {
      kind: 'failed',
      hint: 'set the clock right, here or there, or widen message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic',
      cause: error,
    })
  const right = missingRightOf(error)
  if (right) return notAuthorized(right, error)
  return new PayflowError('BROKER_ERROR', `The broker refused a request: ${messageOf(error)}`, {
    kind: 'failed',
    hint: 'see what it says with `payflow infra logs`; run it again with --verbose for details',
    cause: error,
  })
}
