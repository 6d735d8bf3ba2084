import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { expect } from 'vitest'
import { eventually } from './wait.ts'

interface GroupOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Puts a committed offset of a group into a stranger's transaction, even while the group has members; `commit` ends it. */
export async function moving(
  brokers: readonly string[],
  consumerGroupId: string,
  { topic, partition, offset }: GroupOffset,
): Promise<{ commit: () => Promise<void> }> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.sendOffsets({
    consumerGroupId,
    topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }],
  })
  return {
    commit: async () => {
      await transaction.commit()
      await producer.disconnect()
    },
  }
}

/** Sets a group's committed offset in one partition. Returns when it shows, a moment after the commit was answered. */
export async function moveGroup(brokers: readonly string[], groupId: string, at: GroupOffset): Promise<void> {
  await (await moving(brokers, groupId, at)).commit()
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await eventually(async () => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [at.topic] })
    expect(found?.partitions).toContainEqual(expect.objectContaining({ partition: at.partition, offset: String(at.offset) })) // prettier-ignore
  })
  await admin.disconnect()
}
