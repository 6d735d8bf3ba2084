// Orders by number, written quickly, and what must become of them: the same order has the same text in every run, and nothing is kept of it but its user's total.
import { partitionOf } from '../../dist/kafka/partitioner.js'
import { OutputBuffers } from '../../dist/kafka/output-buffers.js'
import { readPartition } from '../../dist/kafka/read.js'
import { IdempotentProducer } from '../../dist/runtime/producers/idempotent.js'

const BATCH = 30_000
const STRIDE = 7_368_787 // a prime: steps through all users, far from each other

export const idOf = (i) => `00000000-0000-4000-a000-${String(i).padStart(12, '0')}`
export const numberOf = (id) => Number(id.slice(24))
const quantityOf = (i) => 1 + (i % 5)
const centsOf = (i) => 1_000 + ((i * 7_919) % 49_001)
export const totalOf = (i) => centsOf(i) * quantityOf(i)
const two = (n) => String(n).padStart(2, '0')
export const stampOf = (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** The number of a user, from 1 to `users`; as many different ones as there are users. */
export const userOf = (i, users) => 1 + ((i * STRIDE) % users)

export const orderText = (i, user, stamp) =>
  `{"order_id":"${idOf(i)}","user_id":${user},"product_id":${1_000 + (i % 9_000)},"quantity":${quantityOf(i)},"price":${Math.floor(centsOf(i) / 100)}.${two(centsOf(i) % 100)},"timestamp":"${stamp}"}`

/** A writer whose next batch is made while the last one is on its way. */
export class BatchWriter {
  #producer
  #count
  #buffers = [new OutputBuffers(), new OutputBuffers()]
  #sending = Promise.resolve()

  static async open(cluster) {
    const writer = new BatchWriter()
    writer.#count = cluster.count
    writer.#producer = await IdempotentProducer.open(cluster.client.connect(), { patienceMs: 30_000 })
    return writer
  }

  add(topic, user, text) {
    const key = String(user)
    this.#buffers[0].append(topic, partitionOf(key, this.#count), key, text)
  }

  /** `timestampMs`: of the records; absent: now. */
  async flush(timestampMs) {
    await this.#sending
    const [full, free] = this.#buffers
    this.#buffers = [free, full]
    this.#sending = this.#send(full, timestampMs)
    this.#sending.catch(() => undefined)
  }

  async #send(buffers, timestampMs) {
    for (const round of buffers.rounds())
      await this.#producer.send(timestampMs === undefined ? round : round.map((records) => ({ ...records, timestampMs })), () => 60_000) // prettier-ignore
    buffers.clear()
  }

  ended = () => this.#sending
}

/** The orders that were written, by user, and the totals that a worker has put out. */
export class OrderBook {
  #users
  #written = 0
  #readFrom = new Map()
  #want
  #got
  #outputs = 0

  constructor(users) {
    this.#users = users
    this.#want = new Float64Array(users + 1)
    this.#got = new Float64Array(users + 1)
  }

  get written() {
    return this.#written
  }

  /** Writes `count` more; `user` says whose the order of a number is. */
  async write(cluster, count, { user = (i) => userOf(i, this.#users), batch = BATCH } = {}) {
    const writer = await BatchWriter.open(cluster)
    for (const end = this.#written + count; this.#written < end;) {
      const stamp = stampOf(1_767_225_600_000 + this.#written * 10)
      for (const until = Math.min(end, this.#written + batch); this.#written < until; this.#written++) {
        const whose = user(this.#written)
        this.#want[whose] += totalOf(this.#written)
        writer.add('orders', whose, orderText(this.#written, whose, stamp))
      }
      await writer.flush()
    }
    await writer.ended()
  }

  /** Writes `rate` orders a second until the signal is aborted. */
  async feed(cluster, rate, signal) {
    const writer = await BatchWriter.open(cluster)
    const began = performance.now()
    for (let fed = 0; !signal.aborted;) {
      const stamp = stampOf(1_767_225_600_000 + this.#written * 10)
      for (const due = ((performance.now() - began) / 1_000) * rate; fed < due; fed++, this.#written++) {
        const whose = userOf(this.#written, this.#users)
        this.#want[whose] += totalOf(this.#written)
        writer.add('orders', whose, orderText(this.#written, whose, stamp))
      }
      await writer.flush()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await writer.ended()
  }

  /** The outputs are gone, and are to be written again from the first order on. */
  startOver() {
    this.#readFrom.clear()
    this.#got.fill(0)
    this.#outputs = 0
  }

  /** Reads what is new in the output, read-committed. @throws unless there is one output an order and each user's last one is the total of the user's orders */
  async verify(cluster) {
    const topic = 'aggregated_revenue'
    const ends = await cluster.ends([topic], 'stable')
    const reader = cluster.client.connect()
    for (const { partition } of cluster.partitions([topic])) {
      const to = ends.of(topic, partition) ?? 0
      for await (const { records } of readPartition(reader, {
        topic,
        partition,
        from: this.#readFrom.get(partition) ?? 0,
        to,
      }))
        // prettier-ignore
        for (const cursor = records.cursor(); cursor.next(); this.#outputs++) {
          const { user_id, total_revenue } = JSON.parse(cursor.valueText())
          this.#got[user_id] = Math.round(total_revenue * 100)
        }
      this.#readFrom.set(partition, to)
    }
    await reader.close()
    if (this.#outputs !== this.#written) throw new Error(`${this.#outputs} outputs of ${this.#written} orders`)
    const wrong = this.#want.findIndex((total, user) => total !== this.#got[user])
    if (wrong >= 0) throw new Error(`user ${wrong} has ${this.#got[wrong]} cents instead of ${this.#want[wrong]}`)
  }
}
