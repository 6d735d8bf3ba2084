import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { lagOf } from '../../src/kafka/lag.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { brokers } from '../support/broker.ts'
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
