import { PayflowError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { askController } from './controller.ts'
import { errorName } from './errors.ts'
import { groupedByTopic, type TopicPartition } from './partitions.ts'
import { grantHint } from './rights.ts'
import { electLeadersApi, electLeadersRequest } from './wire/elect-leaders.ts'
import { alterReassignmentsApi, alterReassignmentsRequest, listReassignmentsApi, listReassignmentsRequest, type PartitionAnswer, type Reassignment } from './wire/reassignments.ts' // prettier-ignore

export type { Reassignment } from './wire/reassignments.ts'

const TIMEOUT_MS = 30_000
/** NO_REASSIGNMENT_IN_PROGRESS: it has just ended. */
const NOTHING_TO_CANCEL = 85
/** ELECTION_NOT_NEEDED: it leads already. */
const LEADS_ALREADY = 84
const notAuthorizedCodes = new Set([29, 31])

interface NewReplicas extends TopicPartition {
  /** The preferred leader first. */
  readonly to: readonly number[]
}

/** The reassignments that are under way. @throws what the controller answered */
export const ongoingReassignments = (connection: Connection, signal?: AbortSignal): Promise<Reassignment[]> =>
  askController(connection, listReassignmentsApi, () => listReassignmentsRequest(TIMEOUT_MS), signal)

/** Has the controller move partitions; that goes on in the brokers. @throws PayflowError for what it refused, and asked for nothing else then */
export async function startReassignment(connection: Connection, wanted: readonly NewReplicas[]): Promise<void> {
  const topics = groupedByTopic(wanted, ({ partition, to }) => ({ partition, replicas: to }))
  const answers = await askController(connection, alterReassignmentsApi, () => alterReassignmentsRequest(topics, TIMEOUT_MS)) // prettier-ignore
  refuse(answers, 'moved')
}

/** Ends reassignments that are under way: what has not moved goes back. One that has just ended stays as it is. */
export async function cancelReassignments(
  connection: Connection,
  partitions: readonly TopicPartition[],
): Promise<void> {
  if (partitions.length === 0) return
  const topics = groupedByTopic(partitions, ({ partition }) => ({ partition, replicas: null }))
  const answers = await askController(connection, alterReassignmentsApi, () => alterReassignmentsRequest(topics, TIMEOUT_MS)) // prettier-ignore
  refuse(
    answers.filter(({ errorCode }) => errorCode !== NOTHING_TO_CANCEL),
    'kept where it was',
  )
}

interface Election extends TopicPartition {
  /** Undefined: its preferred replica leads now. */
  readonly error: string | undefined
}

/** Makes preferred replicas leaders. Each partition answers for itself: one whose replica is away keeps its leader. */
export async function electPreferredLeaders(
  connection: Connection,
  partitions: readonly TopicPartition[],
  signal?: AbortSignal,
): Promise<Election[]> {
  if (partitions.length === 0) return []
  const topics = groupedByTopic(partitions, ({ partition }) => partition)
  const answers = await askController(connection, electLeadersApi, () => electLeadersRequest(topics, TIMEOUT_MS), signal) // prettier-ignore
  refuse(
    answers.filter(({ errorCode }) => notAuthorizedCodes.has(errorCode)),
    'given another leader',
  )
  return answers.map(({ topic, partition, errorCode, message }) => ({
    topic,
    partition,
    error: errorCode === 0 || errorCode === LEADS_ALREADY ? undefined : message || errorName(errorCode),
  }))
}

function refuse(answers: readonly PartitionAnswer[], what: string): void {
  const failed = answers.find(({ errorCode }) => errorCode !== 0)
  if (!failed) return
  const { topic, partition, errorCode, message } = failed
  const why = message || errorName(errorCode)
  const right = { operation: 'Alter', resource: 'cluster', names: [] } as const
  throw new PayflowError('NOT_REASSIGNED', `${topic}/${partition} was not ${what}: ${why}`, {
    kind: 'failed',
    hint: notAuthorizedCodes.has(errorCode) ? grantHint(right) : `look at it with \`payflow topics describe ${topic}\``,
  })
}
