import { topicSettings } from '../../kafka/configs.ts'
import { OutputBuffers } from '../../kafka/output-buffers.ts'
import type { Client } from '../../kafka/client.ts'
import { groupsActive, membersOf } from '../../kafka/group-members.ts'
import { deleteGroups } from '../../kafka/group-deletion.ts'
import { listGroups } from '../../kafka/groups.ts'
import { allCommittedOffsets } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { createTopics } from '../../kafka/topic-creation.ts'
import { deleteTopics } from '../../kafka/topic-deletion.ts'
import { listTopics } from '../../kafka/topics.ts'
import { resetHeaders } from '../../pipeline/worker/origin-headers.ts'
import { DEAD_LETTERS, groupOf, inboxTopic, isPayflowGroup, stateTopic } from '../../pipeline/events/topics.ts'
import { outputNames, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { writeProgress } from '../../runtime/state/changelog.ts'
import type { Progress } from '../../runtime/state/progress.ts'
import { TransactionalProducer } from '../../runtime/producers/transactional.ts'
import type { Report } from '../cluster.ts'
import { deadLetters } from '../dead-letters/list.ts'
import { affectedBy, planWorkerReset, type ResetOptions, type ResetState, type WorkerResetPlan } from './reset-plan.ts' // prettier-ignore

const patience = { timeoutMs: 15_000 }
const FENCING_PATIENCE_MS = 60_000
const TRANSACTION_TIMEOUT_MS = 30_000
const resettingGroup: Progress = { offsets: {}, eventTime: null, partitions: 0, resetting: true }

/** What resetting these workers would do, from what the cluster holds now. @throws PayflowError for inputs that cannot be joined */
export async function readWorkerReset(
  client: Client,
  named: readonly AnyWorker[],
  all: readonly AnyWorker[],
  options: ResetOptions,
  signal: AbortSignal,
): Promise<WorkerResetPlan> {
  const affected = affectedBy(named, all, options)
  return planWorkerReset(named, all, await readState(client, affected, options, signal), options)
}

async function readState(
  client: Client,
  workers: readonly AnyWorker[],
  { keepOutput }: ResetOptions,
  signal: AbortSignal,
): Promise<ResetState> {
  const groups = (await listGroups(client)).map(({ group }) => group)
  const outputs = workers.flatMap(outputNames)
  return {
    topics: await readTopics(client, workers),
    groups,
    members: await membersOf(client, workers.map(({ name }) => groupOf(name))), // prettier-ignore
    deadLetters: await countDeadLetters(client, signal),
    foreignReaders: keepOutput ? [] : await readersOf(client, groups.filter((group) => !isPayflowGroup(group)), outputs), // prettier-ignore
  }
}

async function readTopics(client: Client, workers: readonly AnyWorker[]): Promise<ResetState['topics']> {
  const outputs = workers.flatMap(outputNames)
  const wanted = workers.flatMap(({ name, inputs }) => [
    ...Object.values(inputs).map((input) => input.name),
    stateTopic(name),
    inboxTopic(name),
  ])
  const existing = await listTopics(client, [...wanted, ...outputs])
  const settings = await topicSettings(client, existing.map(({ topic }) => topic).filter((topic) => outputs.includes(topic))) // prettier-ignore
  return new Map(
    existing.map(({ topic, partitions, replicationFactor }) => [
      topic,
      { partitions, replicationFactor, config: settings.get(topic) ?? {} },
    ]),
  )
}

async function countDeadLetters(client: Client, signal: AbortSignal): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const { worker } of deadLetters(client, {}, signal)) counts.set(worker, (counts.get(worker) ?? 0) + 1)
  signal.throwIfAborted()
  return counts
}

async function readersOf(
  client: Client,
  groups: readonly string[],
  topics: readonly string[],
): Promise<{ group: string; topic: string }[]> {
  const found: { group: string; topic: string }[] = []
  for (const group of groups) {
    const offsets = await retrying(() => allCommittedOffsets(client.shared, group), patience)
    const read = new Set(offsets.map(({ topic }) => topic))
    for (const topic of topics) if (read.has(topic)) found.push({ group, topic })
  }
  return found
}

/**
 * Carries a plan out. The state is marked before anything is deleted: a worker that is started in between, or after an interruption,
 * refuses to go on with it. Outputs go before the state, so that no worker can begin again beside its old results. Groups go first,
 * because members show there, and last, because of what was committed meanwhile. Run again after an interruption, it ends what is left.
 * @throws PayflowError that names the members while there are any
 */
export async function applyWorkerReset(
  client: Client,
  plan: WorkerResetPlan,
  { sessionTimeoutMs, signal }: { sessionTimeoutMs: number; signal: AbortSignal },
  report: Report,
): Promise<void> {
  if (plan.members.length > 0) throw groupsActive(plan.members, sessionTimeoutMs)
  report(`deleting ${plan.deleteGroups.length} groups`)
  await deleteGroups(client, plan.deleteGroups, { signal })
  report('ending what earlier instances left open')
  for (const { worker, transactionalIds } of plan.fence) await fence(client, worker, transactionalIds, plan, signal)
  report(`deleting ${plan.deleteOutputs.length + plan.deleteInternal.length} topics`)
  await deleteTopics(client, plan.deleteOutputs, { signal })
  await deleteTopics(client, plan.deleteInternal, { signal })
  await deleteGroups(client, plan.workers.map(groupOf), { signal })
  report(`creating ${plan.createTopics.length} topics`)
  await createTopics(client, plan.createTopics, { signal })
}

/**
 * Ends every open transaction of a worker's producers: an instance that sleeps somewhere cannot write into what is created again.
 * Marks what they kept as void: the state in each partition, and the dead letters.
 */
async function fence(
  client: Client,
  worker: string,
  transactionalIds: readonly string[],
  { voidDeadLetters }: WorkerResetPlan,
  signal: AbortSignal,
): Promise<void> {
  const statePartitions = await client.shared.partitions(stateTopic(worker))
  for (const [partition, transactionalId] of transactionalIds.entries()) {
    const buffers = new OutputBuffers(undefined, client.codec)
    if (partition < statePartitions) writeProgress(buffers, worker, partition, resettingGroup)
    if (partition === 0 && voidDeadLetters.includes(worker)) await makeVoid(client, buffers, worker)
    const producer = await TransactionalProducer.open(client, {
      transactionalId,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
      patienceMs: FENCING_PATIENCE_MS,
      signal,
    })
    try {
      for (const round of buffers.rounds()) await producer.send(round)
      await producer.commit()
    } finally {
      await producer.close()
    }
  }
}

/** Marks the worker's dead letters up to now as void, in each partition that holds any. */
async function makeVoid(client: Client, buffers: OutputBuffers, worker: string): Promise<void> {
  const headers = resetHeaders(worker, Date.now())
  const partitions = await client.shared.partitions(DEAD_LETTERS)
  for (let partition = 0; partition < partitions; partition++)
    buffers.append(DEAD_LETTERS, partition, null, null, headers)
}
