import { PayflowError, messageOf } from '../../errors.ts'
import { OutputBuffers } from '../../kafka/output-buffers.ts'
import { asPayflowError, classify } from '../../kafka/errors.ts'
import type { Client } from '../../kafka/client.ts'
import { TopicLimits } from '../../kafka/topic-limits.ts'
import { topicNames } from '../../kafka/topics.ts'
import { originHeaders } from '../../pipeline/worker/origin-headers.ts'
import { inboxTopic } from '../../pipeline/events/topics.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { appendCopy } from '../../runtime/task/oversize.ts'
import { TransactionalProducer } from '../../runtime/producers/transactional.ts'
import { matches, originIdOf, originIn, type LetterFilter } from './dead-letter.ts'
import { deadLetters, parseLetterId, readWhole } from './list.ts'
import { candidateOf, planReplay, type Replay, type ReplayCandidate, type ReplayPlan, type ReplayState } from './replay-plan.ts' // prettier-ignore

export interface ReplayRequest {
  /** Dead letters by id; empty: all that the filter lets through. */
  readonly ids: readonly string[]
  readonly filter: LetterFilter
  readonly force: boolean
}

const TRANSACTIONAL_ID = 'payflow-dead-letters-replay'
const TRANSACTION_TIMEOUT_MS = 300_000
const PATIENCE_MS = 30_000
const FLUSH_BYTES = 4 << 20

/** What a replay would do, from what the cluster holds now. @throws PayflowError for an id that no dead letter has */
export async function readReplayPlan(
  client: Client,
  workers: readonly AnyWorker[],
  request: ReplayRequest,
  signal: AbortSignal,
): Promise<ReplayPlan> {
  const { candidates, superseded } = await readCandidates(client, workers, request, signal)
  const names = new Set(candidates.map(({ worker }) => worker))
  const handedOver = new Map<string, number>()
  const inboxPartitions = new Map<string, number>()
  const existing = new Set(await topicNames(client))
  for (const worker of names) {
    const inbox = inboxTopic(worker)
    if (!existing.has(inbox)) continue
    inboxPartitions.set(inbox, await client.shared.partitions(inbox))
    await countReplays(client, worker, handedOver, signal)
  }
  return planReplay({ candidates, superseded, handedOver, inboxPartitions }, request)
}

/** Of each record that is meant the newest dead letter: only its newest fate counts. */
async function readCandidates(
  client: Client,
  workers: readonly AnyWorker[],
  { ids, filter }: ReplayRequest,
  signal: AbortSignal,
): Promise<Pick<ReplayState, 'candidates' | 'superseded'>> {
  for (const id of ids) parseLetterId(id)
  const wanted = new Set(ids)
  const originOfId = new Map<string, string>()
  const meant = new Set<string>()
  const newest = new Map<string, ReplayCandidate>()
  // The worker's name narrows it down; a reason does not, because the newest dead letter of a record may have another.
  const { worker, topic } = filter
  const wide = ids.length > 0 ? {} : { ...(worker !== undefined && { worker }), ...(topic !== undefined && { topic }) }
  for await (const letter of deadLetters(client, wide, signal)) {
    const candidate = candidateOf(letter, workers)
    newest.delete(candidate.originId)
    newest.set(candidate.originId, candidate)
    if (wanted.has(letter.id)) originOfId.set(letter.id, candidate.originId)
    if (ids.length > 0 ? wanted.has(letter.id) : matches(letter, filter)) meant.add(candidate.originId)
    else if (ids.length === 0) meant.delete(candidate.originId)
  }
  signal.throwIfAborted()
  const unknown = ids.filter((id) => !originOfId.has(id))
  if (unknown.length > 0)
    throw new PayflowError('LETTER_NOT_FOUND', `There is no dead letter ${unknown.join(', ')}`, {
      kind: 'failed',
      hint: 'list them with `payflow dead-letters list`',
    })
  const superseded = new Map<string, ReplayCandidate>()
  for (const [id, originId] of originOfId) {
    const last = newest.get(originId)!
    if (last.id === id) continue
    superseded.set(id, last)
    if (!wanted.has(last.id)) meant.delete(originId)
  }
  return { candidates: [...newest.values()].filter(({ originId }) => meant.has(originId)), superseded }
}

async function countReplays(
  client: Client,
  worker: string,
  counts: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  for await (const record of readWhole(client, inboxTopic(worker), signal)) {
    const origin = originIn(record)
    if (!origin || origin.replays === 0) continue
    const id = originIdOf(worker, origin)
    counts.set(id, Math.max(counts.get(id) ?? 0, origin.replays))
  }
  signal.throwIfAborted()
}

/**
 * Hands the records to their workers' inboxes in one transaction: all or none. Opening it ends any replay that is under way elsewhere,
 * and only then is the plan made that is carried out: two at once hand nothing over twice.
 */
export async function replay(
  client: Client,
  workers: readonly AnyWorker[],
  request: ReplayRequest,
  signal: AbortSignal,
): Promise<ReplayPlan> {
  const producer = await TransactionalProducer.open(client, {
    transactionalId: TRANSACTIONAL_ID,
    transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
    patienceMs: PATIENCE_MS,
    signal,
  })
  try {
    const plan = await readReplayPlan(client, workers, request, signal)
    if (plan.replays.length > 0) await handOver(client, producer, plan.replays, signal)
    return plan
  } catch (error) {
    // What kept it from going on keeps it from this too, and the transaction times out: the first error tells more.
    if (producer.inTransaction)
      await producer.abort().catch((failure: unknown) => {
        client.options.log?.('info', 'abort-failed', { error: messageOf(failure) })
      })
    signal.throwIfAborted()
    throw classify(error) === 'fenced' ? superseded(error) : asPayflowError(error)
  } finally {
    await producer.close()
  }
}

async function handOver(
  client: Client,
  producer: TransactionalProducer,
  replays: readonly Replay[],
  signal: AbortSignal,
): Promise<void> {
  const byId = new Map(replays.map((item) => [item.id, item]))
  const limits = new TopicLimits()
  await limits.read(client, [...new Set(replays.map(({ inbox }) => inbox))])
  const buffers = new OutputBuffers(limits, client.codec)
  const flush = async (): Promise<void> => {
    for (const round of buffers.rounds()) await producer.send(round)
    buffers.clear()
  }
  for await (const { id, origin, record } of deadLetters(client, {}, signal)) {
    const item = byId.get(id)
    if (!item) continue
    const headers = originHeaders(record.headers, { ...origin, replays: item.replays }, true)
    const copy = {
      topic: item.inbox,
      partition: item.partition,
      key: item.key ?? record.key,
      value: record.value,
      headers,
    }
    if (!appendCopy(buffers, copy)) throw tooLarge(id, item.inbox)
    byId.delete(id)
    if (buffers.byteLength > FLUSH_BYTES) await flush()
  }
  signal.throwIfAborted()
  if (byId.size > 0) throw new PayflowError('LETTER_GONE', `${byId.size} dead letters went away meanwhile`, { kind: 'failed', hint: 'run it again' }) // prettier-ignore
  await flush()
  await producer.commit()
}

const tooLarge = (id: string, inbox: string): PayflowError =>
  new PayflowError('LETTER_TOO_LARGE', `The dead letter ${id} is larger than what ${inbox} takes: nothing was handed over`, {
    kind: 'failed',
    hint: `raise max.message.bytes of ${inbox} with Kafka's kafka-configs, or name the others`,
  }) // prettier-ignore

const superseded = (cause: unknown): PayflowError =>
  new PayflowError('REPLAY_SUPERSEDED', 'Another replay was started meanwhile: this one has handed nothing over', {
    kind: 'failed',
    hint: 'see what is left with `payflow dead-letters replay … --dry-run`',
    cause,
  })
