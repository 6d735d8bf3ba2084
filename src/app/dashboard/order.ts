import { Buffer } from 'node:buffer'
import type { Client } from '../../kafka/client.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { partitionOf } from '../../kafka/partitioner.ts'
import { readPartition } from '../../kafka/read.ts'
import type { RecordCursor } from '../../kafka/records.ts'
import { topicNames } from '../../kafka/topics.ts'
import {
  enrichedOrders,
  failedPayments,
  largeOrders,
  orders,
  orderStatus,
  payments,
  type TopicSpec,
} from '../../pipeline/events/topics.ts'
import { defaultWorkers } from '../../pipeline/workers/index.ts'
import { eventOf } from './folds.ts'
import type { OrderStep, OrderView, Searched } from './model.ts'
import { shownRecord } from './shown-record.ts'

/** Read at once, from the end backwards: what is looked for is mostly new. */
const WINDOW = 50_000
const CHUNK_BYTES = 4 << 20
const PATIENCE_MS = 3_000
/** Of one topic: an order has few. */
const MOST_STEPS = 50

/** Topics whose events name an order and have the user as their key. */
const byUser = [orders, payments, enrichedOrders, failedPayments, largeOrders] as const

type OfOrder = TopicSpec<{ readonly order_id: string; readonly user_id: number }>

interface Found extends OrderStep {
  readonly userId: number
}

/**
 * Finds an order in every topic that names it. Its statuses have the order's id as their key, and the rest the user's, so that one partition
 * of each is read; only when no status names the user, all partitions of `orders` and `payments` are. Stops after `budgetMs`.
 */
export async function findOrder(
  client: Client,
  orderId: string,
  { budgetMs, signal }: { budgetMs: number; signal: AbortSignal },
): Promise<OrderView> {
  const beganMs = performance.now()
  const search = new Search(client, orderId, beganMs + budgetMs, signal)
  const there = new Set(await topicNames(client))
  const found: Found[] = []
  const look = async (topic: OfOrder, key: string | undefined): Promise<void> => {
    if (there.has(topic.name)) found.push(...(await search.topic(topic, key)))
  }
  const user = (): number | undefined => found[0]?.userId
  await look(orderStatus, orderId)
  if (user() === undefined) await look(orders, undefined)
  if (user() === undefined) await look(payments, undefined)
  const userId = user()
  const searched = new Set(search.searched.map(({ topic }) => topic))
  if (userId !== undefined) for (const topic of byUser) if (!searched.has(topic.name)) await look(topic, String(userId))
  const placed = found.find(({ topic }) => topic === orders.name)?.atMs ?? null
  const steps = found
    .map(({ userId: _, ...step }) => ({ ...step, sinceOrderMs: sinceMs(step.atMs, placed) }))
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || rank(a.topic) - rank(b.topic))
  return {
    ...{ orderId, userId: userId ?? null, steps, searched: search.searched },
    ms: Math.round(performance.now() - beganMs),
    outOfTime: search.outOfTime,
  }
}

const sinceMs = (atMs: number | null, placedMs: number | null): number | null =>
  atMs === null || placedMs === null ? null : atMs - placedMs

const order = [orders, payments, enrichedOrders, failedPayments, largeOrders, orderStatus].map(({ name }) => name)
const rank = (topic: string): number => order.indexOf(topic)

class Search {
  readonly searched: Searched[] = []
  outOfTime = false
  readonly #client: Client
  readonly #orderId: string
  readonly #needle: Buffer
  readonly #deadline: number
  readonly #signal: AbortSignal

  constructor(client: Client, orderId: string, deadline: number, signal: AbortSignal) {
    this.#client = client
    this.#orderId = orderId
    this.#needle = Buffer.from(orderId)
    this.#deadline = deadline
    this.#signal = signal
  }

  /** In the partition of this key; without one, in all. */
  async topic(topic: OfOrder, key: string | undefined): Promise<Found[]> {
    const count = await this.#client.shared.partitions(topic.name)
    if (count === 0) return []
    const all = Array.from({ length: count }, (_, partition) => partition)
    const found = await Promise.all(
      (key === undefined ? all : [partitionOf(key, count)]).map((partition) =>
        this.#partition(topic, partition, key === undefined ? 'all partitions' : 'key'),
      ),
    )
    return found.flat()
  }

  async #partition(topic: OfOrder, partition: number, by: Searched['by']): Promise<Found[]> {
    const at = [{ topic: topic.name, partition }]
    const connection = this.#client.shared
    const [starts, ends] = await Promise.all([listOffsets(connection, at, 'earliest'), listOffsets(connection, at, 'stable')]) // prettier-ignore
    const start = starts.of(topic.name, partition) ?? 0
    let to = ends.of(topic.name, partition) ?? start
    const found: Found[] = []
    let records = 0
    // an order's own record is the only one of it in `orders`, and so in what is made of it there
    const once = topic.name === orders.name || topic.name === enrichedOrders.name
    while (to > start && !(once && found.length > 0) && found.length < MOST_STEPS) {
      if (performance.now() > this.#deadline) {
        this.outOfTime = true
        break
      }
      const from = Math.max(start, to - WINDOW)
      const span = {
        topic: topic.name,
        partition,
        from,
        to,
        maxBytes: CHUNK_BYTES,
        patienceMs: PATIENCE_MS,
        signal: this.#signal,
      }
      const newer: Found[] = []
      for await (const set of readPartition(connection, span))
        for (const cursor = set.records.cursor(); cursor.next() && cursor.offset < to;) {
          if (cursor.offset < from) continue
          records++
          const step = this.#names(cursor) ? this.#stepOf(topic, partition, cursor) : undefined
          if (step) newer.push(step)
        }
      found.unshift(...newer)
      to = from
    }
    const complete = to <= start || (once && found.length > 0)
    this.searched.push({ ...{ topic: topic.name, partition, by, records, complete }, found: found.length })
    return found
  }

  #names({ bytes, valueStart, valueEnd }: RecordCursor): boolean {
    return valueEnd > valueStart && bytes.subarray(valueStart, valueEnd).includes(this.#needle)
  }

  #stepOf(topic: OfOrder, partition: number, cursor: RecordCursor): Found | undefined {
    const event = eventOf(topic, cursor)
    if (event?.order_id !== this.#orderId) return undefined
    const writer = defaultWorkers.find(({ output }) => output.name === topic.name)?.name ?? 'producer'
    const { offset, timestamp } = cursor
    const record = shownRecord(topic.name, partition, { offset, timestampMs: timestamp, key: cursor.key(), value: cursor.value() }) // prettier-ignore
    return { ...record, writer, sinceOrderMs: null, userId: event.user_id }
  }
}
