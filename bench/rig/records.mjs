// Writing a backlog, and reading outputs back.
import { OutputBuffers } from '../../dist/kafka/output-buffers.js'
import { readPartition } from '../../dist/kafka/read.js'
import { partitionOf } from '../../dist/kafka/partitioner.js'
import { IdempotentProducer } from '../../dist/runtime/producers/idempotent.js'
import { outputs } from './cluster.mjs'
import { Tally } from './events.mjs'

const BATCH = 10_000

export class Writer {
  #buffers = new OutputBuffers()
  #producer
  #count
  static async open(cluster) {
    const writer = new Writer()
    writer.#count = cluster.count
    writer.#producer = await IdempotentProducer.open(cluster.client.connect(), { patienceMs: 30_000 })
    return writer
  }
  add(topic, event) {
    const key = String(event.user_id)
    this.#buffers.append(topic, partitionOf(key, this.#count), key, JSON.stringify(event))
  }
  async flush() {
    for (const round of this.#buffers.rounds()) await this.#producer.send(round, () => 30_000)
    this.#buffers.clear()
  }
}

/** Writes events until `count` (orders and payments together, or orders only) are there; `model` is told each. */
export async function writeBacklog(cluster, source, count, { model, ordersOnly = false } = {}) {
  const writer = await Writer.open(cluster)
  for (let written = 0; written < count;) {
    for (const end = Math.min(written + BATCH, count); written < end;) {
      const order = source.order()
      writer.add('orders', order)
      model?.order(order)
      written++
      if (ordersOnly || written >= end) continue
      const payment = source.payment(order)
      writer.add('payments', payment)
      model?.payment(payment)
      written++
    }
    await writer.flush()
  }
}

/** How many records a read-committed reader finds in each of these topics. */
export async function countRecords(cluster, topics) {
  const counts = Object.fromEntries(topics.map((topic) => [topic, 0]))
  const ends = await cluster.ends(topics, 'stable')
  const reader = cluster.client.connect()
  for (const { topic, partition } of cluster.partitions(topics))
    for await (const { records } of readPartition(reader, {
      topic,
      partition,
      from: 0,
      to: ends.of(topic, partition) ?? 0,
    }))
      // prettier-ignore
      for (const cursor = records.cursor(); cursor.next();) counts[topic]++
  await reader.close()
  return counts
}

/** What a read-committed reader finds in the outputs. */
export async function tallyOutputs(cluster) {
  const got = new Tally()
  const ends = await cluster.ends(outputs, 'stable')
  const reader = cluster.client.connect()
  for (const { topic, partition } of cluster.partitions(outputs))
    for await (const { records } of readPartition(reader, {
      topic,
      partition,
      from: 0,
      to: ends.of(topic, partition) ?? 0,
    }))
      for (const cursor = records.cursor(); cursor.next();) got.add(topic, JSON.parse(cursor.valueText()))
  await reader.close()
  return got
}
