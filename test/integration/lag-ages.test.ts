import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { lagOf } from '../../src/kafka/lag.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { brokers } from '../support/broker.ts'
import { foreignProducer } from '../support/foreign-producer.ts'
import { client } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'

test('every partition with a large lag tells its age, however large its batches are and whoever else reads it', async () => {
  const topic = `ages-${randomUUID().slice(0, 8)}`
  await createTopics(client(), [{ topic, partitions: 3, replicationFactor: 1 }])
  const before = Date.now()
  const records = Array.from({ length: 9_000 }, (_, i) => ({ partition: i % 3, value: 'x'.repeat(100) }))
  await writeAll(brokers(), topic, records)
  const positions = [0, 1, 2].map((partition) => ({ topic, partition, committed: 0 }))
  const others = positions.map((position) => ({ ...position, committed: 500 }))
  const lags = await lagOf(client(), [...positions, ...others], { ages: true })
  expect(lags.map(({ lag }) => lag)).toEqual([3_000, 3_000, 3_000, 2_500, 2_500, 2_500])
  for (const { oldestMs } of lags) {
    expect(oldestMs).toBeGreaterThanOrEqual(before - 1_000)
    expect(oldestMs).toBeLessThanOrEqual(Date.now() + 1_000)
  }
})

test('who reads without waiting for transactions has read what is undecided; whose offset is beyond the log reads it all again', async () => {
  const topic = `ahead-${randomUUID().slice(0, 8)}`
  await createTopics(client(), [{ topic, partitions: 1, replicationFactor: 1 }])
  await writeAll(brokers(), topic, Array.from({ length: 10 }, () => ({ partition: 0, value: 'x' }))) // prettier-ignore
  const transaction = await (await foreignProducer()).transaction()
  await transaction.send({ topic, messages: Array.from({ length: 5 }, () => ({ value: 'undecided' })) })
  const lags = await lagOf(
    client(),
    [4, 10, 13, 15, 16].map((committed) => ({ topic, partition: 0, committed })),
  )
  expect(lags.map(({ lag }) => lag)).toEqual([6, 0, 0, 0, 10])
  await transaction.abort()
})
