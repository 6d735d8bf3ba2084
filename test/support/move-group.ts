import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect } from 'vitest'
import { eventually } from './wait.ts'

/** Sets a group's committed offset in one partition, also while it has members: in a transaction of a stranger's. Returns when it shows, a moment after the commit was answered. */
export async function moveGroup(
  brokers: readonly string[],
  groupId: string,
  at: { topic: string; partition: number; offset: number },
): Promise<void> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.sendOffsets({
    consumerGroupId: groupId,
    topics: [{ topic: at.topic, partitions: [{ partition: at.partition, offset: String(at.offset) }] }],
  })
  await transaction.commit()
  await producer.disconnect()
  const admin = kafka.admin()
  await admin.connect()
  await eventually(async () => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [at.topic] })
    expect(found?.partitions).toContainEqual(expect.objectContaining({ partition: at.partition, offset: String(at.offset) })) // prettier-ignore
  })
  await admin.disconnect()
}
