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
import { shownRecord } from '../overview/shown-record.ts'

/** Read at once, from the end backwards: what is looked for is mostly new. */
const WINDOW = 50_000
const CHUNK_BYTES = 4 << 20
const PATIENCE_MS = 3_000
/** Of one topic: an order has few. */
const MOST_STEPS = 50

/** Topics whose events name an order and have the user as their key. */
const byUser = [orders, payments, enrichedOrders, failedPayments, largeOrders] as const

interface OfOrderEvent {
  readonly order_id: string
  readonly user_id: number
  readonly payment_id?: string
}
type OfOrder = TopicSpec<OfOrderEvent>

/** A record that names the order, and what it says. */
export interface OrderRecord extends OrderStep {
  readonly event: OfOrderEvent & Readonly<Record<string, unknown>>
}

export interface OrderSearch {
  readonly orderId: string
  /** Where the id that was looked for is a payment's. */
  readonly paymentId: string | null
  readonly userId: number | null
  readonly records: readonly OrderRecord[]
  readonly searched: readonly Searched[]
  readonly ms: number
  readonly outOfTime: boolean
}

interface SearchOptions {
  readonly budgetMs: number
  readonly signal: AbortSignal
}

/** As `searchOrder`, for the page. */
export async function findOrder(client: Client, id: string, options: SearchOptions): Promise<OrderView> {
  const { orderId, userId, records, searched, ms, outOfTime } = await searchOrder(client, id, options)
  return { orderId, userId, steps: records.map(({ event: _, ...step }) => step), searched, ms, outOfTime }
}

/**
 * Finds an order, by its id or that of a payment for it, in every topic that names it. Its statuses have the order's id as their key, and the
 * rest the user's, so that one partition of each is read; only when no status names the user, all partitions of `orders` and `payments` are.
 * Stops after `budgetMs`.
 */
export async function searchOrder(
  client: Client,
  id: string,
  { budgetMs, signal }: SearchOptions,
): Promise<OrderSearch> {
  const beganMs = performance.now()
  const search = new Search(client, id.toLowerCase(), beganMs + budgetMs, signal)
  const there = new Set(await topicNames(client))
  let found: OrderRecord[] = []
  const look = async (topic: OfOrder, key: string | undefined): Promise<void> => {
    if (there.has(topic.name)) found.push(...(await search.topic(topic, key)))
  }
  await look(orderStatus, search.id)
  if (found.length === 0) await look(orders, undefined)
  if (found.length === 0) await look(payments, undefined)
  const { event } = found[0] ?? {}
  const orderId = event?.order_id ?? search.id
  const paymentId = orderId === search.id ? null : search.id
  if (paymentId !== null) {
    found = []
    search.goOnWith(orderId)
    await look(orderStatus, orderId)
  }
  const searched = new Set(search.searched.map(({ topic, of }) => (of === orderId ? topic : '')))
  if (event) for (const topic of byUser) if (!searched.has(topic.name)) await look(topic, String(event.user_id))
  const placed = found.find(({ topic }) => topic === orders.name)?.atMs ?? null
  const records = found
    .map((record) => ({ ...record, sinceOrderMs: sinceMs(record.atMs, placed) }))
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || rank(a.topic) - rank(b.topic))
  return {
    ...{ orderId, paymentId, userId: event?.user_id ?? null, records },
    searched: search.searched.map(({ of: _, ...searched }) => searched),
    ms: Math.round(performance.now() - beganMs),
    outOfTime: search.outOfTime,
  }
}

const sinceMs = (atMs: number | null, placedMs: number | null): number | null =>
  atMs === null || placedMs === null ? null : atMs - placedMs

const order = [orders, payments, enrichedOrders, failedPayments, largeOrders, orderStatus].map(({ name }) => name)
const rank = (topic: string): number => order.indexOf(topic)

class Search {
  id: string
  readonly searched: (Searched & { readonly of: string })[] = []
  outOfTime = false
  readonly #client: Client
  #needles: readonly Buffer[] = []
  readonly #deadline: number
  readonly #signal: AbortSignal

  constructor(client: Client, id: string, deadline: number, signal: AbortSignal) {
    this.#client = client
    this.id = id
    this.#deadline = deadline
    this.#signal = signal
    this.goOnWith(id)
  }

  /** Ids are the same in upper and lower case; nobody writes them in both. */
  goOnWith(id: string): void {
    this.id = id
    this.#needles = [Buffer.from(id), Buffer.from(id.toUpperCase())]
  }

  /** In the partition of this key; without one, in all. */
  async topic(topic: OfOrder, key: string | undefined): Promise<OrderRecord[]> {
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

  async #partition(topic: OfOrder, partition: number, by: Searched['by']): Promise<OrderRecord[]> {
    const at = [{ topic: topic.name, partition }]
    const connection = this.#client.shared
    const [starts, ends] = await Promise.all([listOffsets(connection, at, 'earliest'), listOffsets(connection, at, 'stable')]) // prettier-ignore
    const start = starts.of(topic.name, partition) ?? 0
    let to = ends.of(topic.name, partition) ?? start
    const found: OrderRecord[] = []
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
      const newer: OrderRecord[] = []
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
    this.searched.push({ ...{ topic: topic.name, partition, by, records, complete }, found: found.length, of: this.id })
    return found
  }

  #names({ bytes, valueStart, valueEnd }: RecordCursor): boolean {
    if (valueEnd <= valueStart) return false
    const value = bytes.subarray(valueStart, valueEnd)
    return this.#needles.some((needle) => value.includes(needle))
  }

  #stepOf(topic: OfOrder, partition: number, cursor: RecordCursor): OrderRecord | undefined {
    const event = eventOf(topic, cursor)
    if (!event || ![event.order_id, topic.name === payments.name ? event.payment_id : undefined].includes(this.id)) return undefined // prettier-ignore
    const writer = defaultWorkers.find(({ output }) => output.name === topic.name)?.name ?? 'producer'
    const { offset, timestamp } = cursor
    const record = shownRecord(topic.name, partition, { offset, timestampMs: timestamp, key: cursor.key(), value: cursor.value() }) // prettier-ignore
    return { ...record, writer, sinceOrderMs: null, event: { ...event } }
  }
}
