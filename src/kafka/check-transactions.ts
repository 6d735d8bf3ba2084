import type { Check, CheckFinding } from '../check.ts'
import { durationText } from '../duration-text.ts'
import { messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { membersOf } from './group-members.ts'
import { listOffsets, OffsetMap } from './offsets.ts'
import { oldestOpenTransaction, type OpenTransaction } from './open-transactions.ts'
import type { TopicPartition } from './partitions.ts'
import { retrying } from './retry.ts'
import { groupOf, workerOfTransactionalId } from '../pipeline/events/topics.ts'

/** A transaction of payflow's takes a second at most. */
const OPEN_FOR_MS = 10_000
/** A coordinator looks every ten seconds for transactions to end. */
const SWEEP_MS = 15_000

export interface HeldPartition extends TopicPartition {
  readonly transaction: OpenTransaction
  /** Offsets that read-committed readers do not see yet. */
  readonly held: number
}

/** What is known of one that holds readers up. `members`: of the group of the worker whose transactional id it is. */
export function judgeTransaction(
  { topic, partition, transaction, held }: HeldPartition,
  { nowMs, bootstrap, members }: { nowMs: number; bootstrap: string; members: number },
): CheckFinding | undefined {
  const { producerId, transactionalId, since, timeoutMs, startOffset, state } = transaction
  const ageMs = since === undefined ? undefined : nowMs - since
  const known =
    transactionalId !== undefined && (state === undefined || state === 'Ongoing' || state.startsWith('Prepare'))
  const ends = known && timeoutMs !== undefined && ageMs !== undefined && ageMs < timeoutMs + SWEEP_MS
  if (ends && ageMs < OPEN_FOR_MS) return undefined
  const who =
    transactionalId === undefined ? `producer id ${producerId}` : `${transactionalId} (producer id ${producerId})`
  const worker = transactionalId === undefined ? undefined : workerOfTransactionalId(transactionalId)
  const abort = `\`kafka-transactions.sh --bootstrap-server ${bootstrap} abort --topic ${topic} --partition ${partition} --start-offset ${startOffset}\`` // prettier-ignore
  const evidence = [
    `${topic}/${partition} from offset ${startOffset}: ${held} offsets that read-committed readers wait for`,
    since === undefined ? 'since when is not known' : `since ${new Date(since).toISOString()}, ${durationText((ageMs ?? 0) / 1000)} ago`, // prettier-ignore
    known
      ? `its coordinator says ${state ?? 'nothing of its state'}`
      : 'no coordinator knows an open transaction of it',
  ]
  if (!ends)
    return {
      severity: 'error',
      what: `A transaction of ${who} hangs: nothing ends it by itself`,
      evidence,
      hint: `end it with Kafka's ${abort}`,
    }
  const endsAt = `it is ended at ${new Date(since! + timeoutMs).toISOString()} (its timeout is ${timeoutMs / 1000} s)`
  const sooner = worker === undefined || members > 0 ? `stop that producer, or ${abort}` : `start its worker, which ends it: \`payflow worker ${worker}\`` // prettier-ignore
  return {
    severity: 'warning',
    what: `A transaction of ${who} has been open for ${durationText(ageMs / 1000)}`,
    evidence,
    hint: `${endsAt}; sooner: ${sooner}`,
  }
}

/** Whose transactions keep readers of these topics waiting. Those that may not be asked about are left out. */
export async function checkTransactions(
  client: Client,
  topics: readonly string[],
  nowMs: number = Date.now(),
): Promise<Check> {
  const partitions = await partitionsOf(client, topics)
  const [stable, ends] = await retrying(
    () => Promise.all([listOffsets(client.shared, partitions, 'stable'), listOffsets(client.shared, partitions, 'latest')]),
    { timeoutMs: 8_000 },
  ) // prettier-ignore
  const held = partitions.flatMap((at) => {
    const behind = (ends.of(at.topic, at.partition) ?? 0) - (stable.of(at.topic, at.partition) ?? 0)
    return behind > 0 ? [{ ...at, held: behind }] : []
  })
  const findings: CheckFinding[] = []
  let unasked = ''
  for (const at of held)
    try {
      const transaction = await oldestOpenTransaction(client.shared, at)
      const finding = transaction && judgeTransaction({ ...at, transaction }, { nowMs, bootstrap: client.options.brokers.join(','), members: await membersFor(client, transaction) }) // prettier-ignore
      if (finding) findings.push(finding)
    } catch (error) {
      unasked = `; of ${OffsetMap.keyOf(at.topic, at.partition)} it is not known: ${messageOf(error)}`
    }
  const open = held.length === 0 ? 'none is open' : `${held.length} partitions hold one`
  return { name: 'transactions', summary: `${open}, of ${partitions.length} partitions${unasked}`, findings }
}

async function partitionsOf(client: Client, topics: readonly string[]): Promise<TopicPartition[]> {
  const { topicMetadata } = await client.shared.metadata(topics)
  const led = topicMetadata.flatMap(({ topic, partitionMetadata }) =>
    partitionMetadata.flatMap(({ leader, partitionId }) => (leader < 0 ? [] : [{ topic, partition: partitionId }])),
  )
  if (led.length > 0) await client.shared.know([...new Set(led.map(({ topic }) => topic))])
  return led
}

async function membersFor(client: Client, { transactionalId }: OpenTransaction): Promise<number> {
  const worker = transactionalId === undefined ? undefined : workerOfTransactionalId(transactionalId)
  return worker === undefined ? 0 : (await membersOf(client, [groupOf(worker)])).length
}
