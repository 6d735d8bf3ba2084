import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { committedOffsets, OffsetMap } from '../../kafka/offsets.ts'
import { retrying } from '../../kafka/retry.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import { searchOrder, type OrderSearch } from '../dashboard/order.ts'
import { deadLetters } from '../dead-letters/list.ts'
import { explain, outcomeOf, readingsOf, type Finding, type TracedLetter } from './explain.ts'

export interface Trace extends OrderSearch {
  readonly outcome: string
  readonly letters: readonly TracedLetter[]
  readonly findings: readonly Finding[]
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const PATIENCE_MS = 5_000

/** @throws PayflowError (usage) unless it looks like the id of an order or a payment */
export function checkTraceId(id: string): void {
  if (!UUID.test(id))
    throw new PayflowError('ID_INVALID', `"${id}" names no order and no payment`, {
      kind: 'usage',
      hint: 'their ids are UUIDs, such as those that `payflow tail order_status` shows',
    })
}

/**
 * The way of an order, or of a payment's order, through every topic, and why it is where it is.
 * @throws PayflowError (failed) when no topic and no dead letter holds the id
 */
export async function traceOrder(
  client: Client,
  id: string,
  options: { budgetMs: number; signal: AbortSignal },
): Promise<Trace> {
  const found = await searchOrder(client, id, options)
  const letters = await lettersAbout(client, [...new Set([found.orderId, id.toLowerCase()])], options.signal)
  if (found.records.length === 0 && letters.length === 0) throw notFound(id, found)
  const committed = await positionsOf(client, readingsOf(found.records))
  const findings = explain({
    ...{ records: found.records, letters },
    committed: (worker, topic, partition) => committed.get(worker)?.of(topic, partition),
  })
  const outcome = found.records.length === 0 ? 'refused' : outcomeOf(found.records)
  return { ...found, outcome, letters, findings }
}

function notFound(id: string, { searched, outOfTime }: OrderSearch): PayflowError {
  const records = searched.reduce((sum, each) => sum + each.records, 0)
  return new PayflowError('ORDER_NOT_FOUND', `No order and no payment has the id ${id}: ${records} records of ${searched.length} partitions were searched`, {
    kind: 'failed',
    hint: outOfTime ? 'the time for it was over before all were: give it more with --for 5m' : 'see which there are with `payflow tail orders`',
  }) // prettier-ignore
}

/** Dead letters are few, and what is wrong with one may be its key: all are looked at. */
async function lettersAbout(client: Client, ids: readonly string[], signal: AbortSignal): Promise<TracedLetter[]> {
  const needles = ids.flatMap((id) => [Buffer.from(id), Buffer.from(id.toUpperCase())])
  const found: TracedLetter[] = []
  for await (const { id, worker, reason, origin, record } of deadLetters(client, {}, signal))
    if (needles.some((needle) => record.value?.includes(needle)))
      found.push({ id, worker, reason, topic: origin.topic, partition: origin.partition, offset: origin.offset })
  return found
}

async function positionsOf(
  client: Client,
  readings: readonly { worker: string; topic: string; partition: number }[],
): Promise<Map<string, OffsetMap>> {
  const workers = [...new Set(readings.map(({ worker }) => worker))]
  const found = await Promise.all(
    workers.map(async (worker) => {
      const partitions = readings.filter((reading) => reading.worker === worker)
      const ask = () => committedOffsets(client.shared, groupOf(worker), partitions)
      return [worker, await retrying(ask, { timeoutMs: PATIENCE_MS })] as const
    }),
  )
  return new Map(found)
}
