import type { Client } from '../../kafka/client.ts'
import { PartitionError } from '../../kafka/errors.ts'
import type { Connection } from '../../kafka/connection.ts'
import { listOffsets, OffsetMap } from '../../kafka/offsets.ts'
import { fetch } from '../../kafka/fetch.ts'
import { byLeader, type LogPartition, type TopicPartition } from '../../kafka/partitions.ts'
import type { FetchedPartition, RecordCursor } from '../../kafka/records.ts'
import { topicIdentities } from '../../kafka/topic-identity.ts'

interface Place {
  /** Where counting began: the log's start at that time. */
  begin: number
  offset: number
  records: number
}

/** What is to be read of a partition. */
interface Log extends TopicPartition {
  readonly place: Place
  readonly end: number
}

export interface LedgerHooks {
  /** Receives every committed record once; the cursor moves on afterwards. */
  readonly take?: (topic: string, partition: number, record: RecordCursor) => void
  /** The topic is a new one: what was taken of it counts no more. */
  readonly forget?: (topic: string) => void
}

const CHUNK_BYTES = 1 << 20
const ANSWER_BYTES = 8 << 20
const OFFSET_OUT_OF_RANGE = 1

/**
 * Reads topics that are written in transactions once, read-committed, and then only what comes: counts their records, as their offsets
 * cannot, and hands them on. A look takes no longer than `budgetMs`: a long log is read over many looks.
 */
export class Ledger {
  readonly #client: Client
  readonly #hooks: LedgerHooks
  readonly #budgetMs: number
  readonly #places = new Map<string, Place>()
  readonly #ids = new Map<string, string>()
  #connection: Connection | undefined
  /** Which partition is read first: none must starve. */
  #turn = 0
  #left = 0

  constructor(client: Client, hooks: LedgerHooks, budgetMs: number) {
    this.#client = client
    this.#hooks = hooks
    this.#budgetMs = budgetMs
  }

  /** How much of what was there at the last look is read, 0..1. */
  get read(): number {
    const done = [...this.#places.values()].reduce((sum, { begin, offset }) => sum + offset - begin, 0)
    return this.#left === 0 ? 1 : done / (done + this.#left)
  }

  /** Records read so far, by topic. @throws what a broker answered; what was read until then is not read again */
  async count(partitions: readonly LogPartition[]): Promise<Map<string, number>> {
    const connection = (this.#connection ??= this.#client.connect())
    try {
      return await this.#count(connection, partitions)
    } catch (error) {
      await connection.forget(error)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#connection?.close()
    this.#connection = undefined
  }

  async #count(connection: Connection, partitions: readonly LogPartition[]): Promise<Map<string, number>> {
    const fresh = await this.#forgetNewTopics(connection, partitions)
    // what is known of a new topic may be of the one before
    const asked = partitions.map(({ topic, partition, start }) => ({ topic, partition, start: fresh.has(topic) ? undefined : start })) // prettier-ignore
    const unknown = asked.filter(({ start }) => start === undefined)
    const [starts, ends] = await Promise.all([listOffsets(connection, unknown, 'earliest'), listOffsets(connection, partitions, 'stable')]) // prettier-ignore
    const from = this.#turn++ % Math.max(1, partitions.length)
    const found: Log[] = []
    const inTurn = [...asked.slice(from), ...asked.slice(0, from)]
    for (const { topic, partition, start = starts.of(topic, partition) ?? 0 } of inTurn) {
      const end = ends.of(topic, partition) ?? start
      const place = this.#placeOf(topic, partition, start)
      if (end < place.offset) this.#forget(topic)
      else found.push({ topic, partition, place, end })
      place.offset = Math.max(place.offset, start) // what retention has deleted meanwhile
    }
    // one of the same topic may have been forgotten after it
    const logs = found.filter(
      ({ topic, partition, place }) => this.#places.get(OffsetMap.keyOf(topic, partition)) === place,
    )
    const deadline = performance.now() + this.#budgetMs
    while (performance.now() < deadline && (await this.#read(connection, logs)));
    this.#left = logs.reduce((sum, { place, end }) => sum + Math.max(0, end - place.offset), 0)
    const counts = new Map<string, number>()
    for (const { topic, partition } of partitions)
      counts.set(topic, (counts.get(topic) ?? 0) + (this.#places.get(OffsetMap.keyOf(topic, partition))?.records ?? 0))
    return counts
  }

  /** One request for each broker that leads some of what is not read. Returns whether anything came. */
  async #read(connection: Connection, logs: readonly Log[]): Promise<boolean> {
    let came = false
    const behind = logs.filter(({ place, end }) => place.offset < end)
    for (const [broker, led] of await byLeader(connection, behind)) {
      const positions = led.map(({ topic, partition, place: { offset } }) => ({ topic, partition, offset, maxBytes: CHUNK_BYTES })) // prettier-ignore
      const asked = { maxWaitMs: 0, minBytes: 1, maxBytes: ANSWER_BYTES, isolation: 'read_committed', partitions: positions } as const // prettier-ignore
      for (const fetched of await fetch(connection, broker, asked)) {
        const { topic, partition, errorCode, unreadable } = fetched
        const log = led.find((each) => each.topic === topic && each.partition === partition)
        if (errorCode === OFFSET_OUT_OF_RANGE) continue // the next look begins where the log does by then
        if (errorCode !== 0) throw new PartitionError('Fetch', topic, partition, errorCode)
        if (unreadable) throw unreadable
        if (log && this.#take(log, fetched)) came = true
      }
    }
    return came
  }

  #take({ topic, partition, place, end }: Log, { records }: FetchedPartition): boolean {
    if (records.nextOffset <= place.offset) return false
    for (const cursor = records.cursor(); cursor.next() && cursor.offset < end;) {
      if (cursor.offset < place.offset) continue
      place.records++
      this.#hooks.take?.(topic, partition, cursor)
    }
    place.offset = Math.min(end, records.nextOffset)
    return true
  }

  #placeOf(topic: string, partition: number, start: number): Place {
    const key = OffsetMap.keyOf(topic, partition)
    const place = this.#places.get(key) ?? { begin: start, offset: start, records: 0 }
    this.#places.set(key, place)
    return place
  }

  /** Returns those that are new. */
  async #forgetNewTopics(connection: Connection, partitions: readonly TopicPartition[]): Promise<Set<string>> {
    const fresh = new Set<string>()
    const names = [...new Set(partitions.map(({ topic }) => topic))]
    for (const [topic, { id }] of await topicIdentities(connection, names)) {
      const known = this.#ids.get(topic)
      if (known !== undefined && id !== known) {
        this.#forget(topic)
        fresh.add(topic)
      }
      if (id !== undefined) this.#ids.set(topic, id)
    }
    return fresh
  }

  #forget(topic: string): void {
    for (const key of this.#places.keys()) if (key.startsWith(`${topic}/`)) this.#places.delete(key)
    this.#hooks.forget?.(topic)
  }
}
