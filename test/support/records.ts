import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, Partitioners, type IHeaders } from 'kafkajs'
import { eventually } from './wait.ts'

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  /** The value as it is, whatever its encoding. */
  readonly bytes: Buffer | null
  /** ms since 1970 */
  readonly timestamp: number
  readonly headers: Record<string, string>
}

const plain = (brokers: readonly string[]): Kafka =>
  new Kafka({ clientId: 'independent', brokers: [...brokers], logLevel: logLevel.NOTHING })

/** Every record a read-committed reader sees, through kafkajs's own consumer: nothing of payflow's code is in it. */
export async function readAll(brokers: readonly string[], topic: string): Promise<ReadRecord[]> {
  const kafka = plain(brokers)
  const admin = kafka.admin()
  await admin.connect()
  const ends = new Map(
    (await eventually(() => admin.fetchTopicOffsets(topic))).map(({ partition, high, low }) => [
      partition,
      { high: Number(high), low: Number(low) },
    ]),
  )
  const left = new Set([...ends].filter(([, { high, low }]) => high > low).map(([partition]) => partition))
  const found: ReadRecord[] = []
  const groupId = `independent-${randomUUID()}`
  if (left.size > 0) {
    const consumer = kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 50 })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      // Also called for batches of commit markers or aborted records only, which eachBatch never sees.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        if (Number(lastOffset) >= ends.get(partition)!.high - 1) left.delete(partition)
        if (left.size === 0) resolve()
      })
      consumer.on(consumer.events.CRASH, ({ payload: { error } }) => reject(error))
      consumer
        .run({
          eachBatch: ({ batch: { partition, messages } }) => {
            for (const { offset, key, value, headers, timestamp } of messages)
              found.push({
                partition,
                offset: Number(offset),
                key: key?.toString() ?? null,
                value: value?.toString() ?? null,
                bytes: value,
                timestamp: Number(timestamp),
                headers: texts(headers),
              })
            return Promise.resolve()
          },
        })
        .catch(reject)
    })
    await consumer.disconnect()
    await admin.deleteGroups([groupId])
  }
  await admin.disconnect()
  return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

const texts = (headers: IHeaders | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]))

/** Writes records with kafkajs's own producer; a record without a partition goes where its key says. */
export async function writeAll(
  brokers: readonly string[],
  topic: string,
  messages: readonly { key?: string | null; value: string | Buffer | null; partition?: number; headers?: Record<string, string> }[], // prettier-ignore
): Promise<void> {
  const producer = plain(brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let from = 0; from < messages.length; from += 1_000)
    await producer.send({
      topic,
      messages: messages.slice(from, from + 1_000).map(({ key = null, ...rest }) => ({ key, ...rest })),
    })
  await producer.disconnect()
}
