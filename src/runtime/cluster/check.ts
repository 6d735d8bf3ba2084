import { pause } from '../../pause.ts'
import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { brokerConfig, topicConfigs, type Config } from '../../kafka/configs.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { DEAD_LETTERS, inboxTopic, stateTopic } from '../../pipeline/events/topics.ts'
import { outputsOf, spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import type { ClusterFacts, Finding, Role } from './facts.ts'
import { judgeCluster } from './rules.ts'

const patience = { timeoutMs: 5_000 }
/** Brokers that are being started come one after the other. */
const BROKERS_PATIENCE_MS = 8_000

const topicSettings = [
  'cleanup.policy',
  'delete.retention.ms',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.difference.max.ms',
  'message.timestamp.type',
  'min.insync.replicas',
  'retention.bytes',
  'retention.ms',
  'unclean.leader.election.enable',
]
const brokerSettings = [
  'group.max.session.timeout.ms',
  'group.min.session.timeout.ms',
  'min.insync.replicas',
  'offsets.topic.replication.factor',
  'transaction.max.timeout.ms',
  'transaction.state.log.min.isr',
  'transaction.state.log.replication.factor',
]

export interface Timeouts {
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
}

/**
 * Looks at every setting of the cluster on which correctness rests (`cluster-rules.ts`), once, before a worker begins. Its topics must exist.
 * Returns the settings of its topics, as far as they may be read.
 * @throws PayflowError for what would make results wrong, or keep the worker from writing any; the rest goes to `warn`
 */
export async function checkCluster(
  client: Client,
  worker: AnyWorker,
  timeouts: Timeouts,
  { warn, signal }: { warn: (finding: Finding) => void; signal: AbortSignal },
): Promise<ReadonlyMap<string, Config>> {
  const deadline = performance.now() + BROKERS_PATIENCE_MS
  let facts: ClusterFacts
  let findings: Finding[]
  for (;;) {
    facts = await readFacts(client, worker, timeouts)
    findings = judgeCluster(facts)
    if (findings[0]?.mayPass !== true || performance.now() > deadline) break
    if (signal.aborted) return new Map()
    await pause(250, signal)
  }
  const [worst] = findings
  if (worst?.fatal) throw new PayflowError(worst.fatal.code, worst.what, { kind: worst.fatal.kind, hint: worst.hint })
  for (const finding of findings) warn(finding)
  return new Map(facts.topics.flatMap(({ topic, config }) => (config ? [[topic, config]] : [])))
}

/** All that the rules find, as values. Topics that do not exist are not looked at. @throws what a broker answered */
export const examineCluster = async (client: Client, worker: AnyWorker, timeouts: Timeouts): Promise<Finding[]> =>
  judgeCluster(await readFacts(client, worker, timeouts))

async function readFacts(client: Client, worker: AnyWorker, timeouts: Timeouts): Promise<ClusterFacts> {
  const { brokers, controllerId, topicMetadata } = await retrying(() => client.shared.metadata('all'), patience)
  const roles = rolesOf(worker)
  const topics = topicMetadata.filter(({ topic, partitionMetadata: of }) => roles.has(topic) && of.length > 0)
  const names = topics.map(({ topic }) => topic)
  const state = stateTopic(worker.name)
  const nodeId = controllerId < 0 ? brokers[0]?.nodeId : controllerId
  const [configs, broker, start] = await Promise.all([
    topicConfigs(client, names, topicSettings),
    nodeId === undefined ? undefined : brokerConfig(client, nodeId, brokerSettings),
    retrying(() => startOf(client, state), patience),
  ])
  return {
    worker: spelledAs(worker),
    hasState: worker.state !== undefined,
    sessionTimeoutMs: timeouts.sessionTimeoutMs,
    transactionTimeoutMs: timeouts.transactionTimeoutMs,
    brokers: brokers.length,
    broker,
    topics: topics.map(({ topic, partitionMetadata }) => ({
      topic,
      role: roles.get(topic)!,
      replicas: Math.min(...partitionMetadata.map(({ replicas }) => replicas.length)),
      start: topic === state ? start : 0,
      config: configs.get(topic),
    })),
  }
}

/** Where the log of a topic begins: the latest of its partitions. */
async function startOf(client: Client, topic: string): Promise<number> {
  const count = await client.shared.partitions(topic)
  if (count === 0) return 0
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  return Math.max(0, ...(await listOffsets(client.shared, partitions, 'earliest')).values())
}

const rolesOf = (worker: AnyWorker): Map<string, Role> =>
  new Map<string, Role>([
    ...Object.values(worker.inputs).map((input) => [input.name, 'input'] as const),
    ...outputsOf(worker).map((output) => [output.name, 'output'] as const),
    [stateTopic(worker.name), 'state'],
    [inboxTopic(worker.name), 'inbox'],
    [DEAD_LETTERS, 'dead-letters'],
    ['__consumer_offsets', 'offsets'],
    ['__transaction_state', 'transactions'],
  ])
