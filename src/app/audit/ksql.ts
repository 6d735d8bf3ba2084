import type { Client } from '../../kafka/client.ts'
import { listOffsets } from '../../kafka/offsets.ts'
import { readPartition } from '../../kafka/read.ts'
import { centsOf, moneyText } from '../../pipeline/money.ts'
import { parseTimestamp } from '../../pipeline/time.ts'
import type { Settings } from '../../settings/resolve.ts'
import { untilCaughtUp, type Progress } from './ksql-progress.ts'
import { FrequentFailures, Tally, type KsqlDifference } from './ksql-tally.ts'
import type { Report } from '../cluster.ts'

interface KsqlComparison {
  readonly what: string
  /** How many events each engine has. */
  readonly workers: number
  readonly ksql: number
  readonly onlyWorkers: number
  readonly onlyKsql: number
  readonly differences: readonly KsqlDifference[]
  readonly note?: string
}

export interface KsqlAudit {
  readonly ok: boolean
  readonly progress: Progress
  readonly comparisons: readonly KsqlComparison[]
}

type Json = Readonly<Record<string, unknown>>
type Side = 'workers' | 'ksql'

const workers = [
  'large-orders',
  'failed-payments',
  'aggregated-revenue',
  'process-payments',
  'frequent-failed-payments',
]
const SHOWN = 20

/** A record that is not an event, in words. */
class Unreadable {
  readonly words: string
  constructor(topic: string, partition: number, offset: number, text: string) {
    const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
    this.words = `${topic}/${partition}, offset ${offset}, is not a JSON object: ${shown}`
  }
}

function jsonObjectIn(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** Every record of a topic that a read-committed reader sees, each partition in its order; but not what deletes a key. */
async function* recordsOf(client: Client, topic: string, signal: AbortSignal): AsyncGenerator<Json | Unreadable> {
  const count = await client.shared.partitions(topic)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  const [starts, ends] = await Promise.all([listOffsets(client.shared, partitions, 'earliest'), listOffsets(client.shared, partitions, 'stable')]) // prettier-ignore
  for (const { partition } of partitions) {
    const [from, to] = [starts.of(topic, partition) ?? 0, ends.of(topic, partition) ?? 0]
    for await (const { records } of readPartition(client.shared, { topic, partition, from, to, signal }))
      for (const cursor = records.cursor(); cursor.next() && cursor.offset < to;) {
        const text = cursor.valueText()
        if (text !== null) yield jsonObjectIn(text) ?? new Unreadable(topic, partition, cursor.offset, text)
      }
  }
}

/** Times and money as both engines would write them: to the millisecond, to the cent. */
function comparable(event: Json, names: readonly string[]): string {
  const value = (name: string): unknown => {
    const field = event[name]
    if (typeof field === 'number' && !name.endsWith('_id')) return moneyOf(field)
    return name === 'timestamp' && typeof field === 'string' ? timeOf(field) : field
  }
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, value(name)])))
}
function moneyOf(value: unknown): string {
  const cents = typeof value === 'number' ? centsOf(value) : undefined
  return cents === undefined ? String(value) : moneyText(cents)
}
const timeOf = (text: unknown): number => (typeof text === 'string' ? (parseTimestamp(text) ?? NaN) : NaN)

const topicOf = (side: Side, topic: string): string => (side === 'workers' ? topic : `ksql_${topic}`)

function comparisonOf(what: string, tally: Tally, note?: string): KsqlComparison {
  return {
    what,
    ...{ workers: tally.workers, ksql: tally.ksql },
    ...{ onlyWorkers: tally.count('workers'), onlyKsql: tally.count('ksql'), differences: tally.first(SHOWN) },
    ...(note !== undefined && { note }),
  }
}

class Comparing {
  readonly #client: Client
  readonly #signal: AbortSignal

  constructor(client: Client, signal: AbortSignal) {
    this.#client = client
    this.#signal = signal
  }

  /** The events of a topic. What is none is a difference: the other side has nothing like it. */
  async *#events(side: Side, topic: string, tally: Tally): AsyncGenerator<Json> {
    for await (const event of recordsOf(this.#client, topic, this.#signal))
      if (event instanceof Unreadable) tally.add(side, event.words)
      else yield event
  }

  async events(
    what: string,
    topic: string,
    names: readonly string[],
    wanted: (event: Json) => boolean = () => true,
  ): Promise<KsqlComparison> {
    const tally = new Tally()
    for (const side of ['workers', 'ksql'] as const)
      for await (const event of this.#events(side, topicOf(side, topic), tally))
        if (wanted(event)) tally.add(side, comparable(event, names))
    return comparisonOf(what, tally)
  }

  /** The last total of each user, which is that of the most orders. */
  async revenue(): Promise<KsqlComparison> {
    const tally = new Tally()
    for (const [side, topic] of [
      ['workers', 'aggregated_revenue'],
      ['ksql', 'ksql_revenue'],
    ] as const) {
      const newest = new Map<unknown, Json>()
      for await (const event of this.#events(side, topic, tally))
        if (Number(event.order_count) >= Number(newest.get(event.user_id)?.order_count ?? 0)) newest.set(event.user_id, event) // prettier-ignore
      for (const { user_id, total_revenue, order_count } of newest.values())
        tally.add(side, JSON.stringify({ user_id, total_revenue: moneyOf(total_revenue), order_count }))
    }
    return comparisonOf('revenue per user', tally)
  }

  async frequentFailures(): Promise<KsqlComparison> {
    const users = new FrequentFailures()
    const tally = new Tally()
    for (const side of ['workers', 'ksql'] as const) {
      for await (const { user_id, timestamp } of this.#events(side, topicOf(side, 'failed_payments'), new Tally()))
        users.of(Number(user_id)).failures[side].push(timeOf(timestamp))
      for await (const event of this.#events(side, topicOf(side, 'frequent_failed_payments'), tally)) {
        const { user_id, failed_payment_count, last_failed_timestamp } = event
        users.of(Number(user_id)).events[side].push({ count: Number(failed_payment_count), lastMs: timeOf(last_failed_timestamp) }) // prettier-ignore
      }
    }
    const simulated = users.into(tally)
    if (simulated === 0) return comparisonOf('frequent failures', tally)
    const who = simulated === 1 ? '1 user' : `${simulated.toLocaleString('en')} users`
    const note = `ksqlDB met the failures of ${who} in another order than the worker: there it is compared with a simulation of its SQL on its own order, not with the worker`
    return comparisonOf(`frequent failures (${who} simulated)`, tally, note)
  }
}

/** Holds what the workers wrote against what ksqlDB wrote, once both have read everything. */
export async function auditKsql(
  settings: Settings,
  client: Client,
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<KsqlAudit> {
  const progress = await untilCaughtUp(settings, client, workers, { signal, report })
  const comparing = new Comparing(client, signal)
  const payment = ['order_id', 'user_id', 'amount', 'payment_method', 'timestamp']
  const status = ['payment_id', 'order_id', 'user_id', 'status', 'order_total', 'amount', 'payment_method', 'timestamp']
  const comparisons = [
    await comparing.events('large orders', 'large_orders', payment),
    await comparing.events('failed payments', 'failed_payments', payment),
    await comparing.revenue(),
    await comparing.events('matched payments', 'order_status', status, (event) => event.status !== 'UNKNOWN_ORDER'),
    await comparing.frequentFailures(),
  ]
  return { ok: comparisons.every(({ onlyWorkers, onlyKsql }) => onlyWorkers + onlyKsql === 0), progress, comparisons }
}
