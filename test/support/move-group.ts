import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'

/** Sets a group's committed offset in one partition, also while it has members: in a transaction of a stranger's. */
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
}
