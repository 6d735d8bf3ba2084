import { Kafka, logLevel, type Admin } from 'kafkajs'

/** kafkajs's admin client, as another program would use it: nothing of payflow's code is in it. */
export async function withAdmin<Result>(
  brokers: readonly string[],
  use: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Deletes the records before `offset` from partition 0 of a topic, as retention does. */
export const deleteBefore = (brokers: readonly string[], topic: string, offset: number): Promise<void> =>
  withAdmin(brokers, async (admin) => {
    await admin.fetchTopicOffsets(topic) // deleting alone, kafkajs does not know where the topic is
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
  })
