import { expect, test } from 'vitest'
import { findWorker } from '../../src/pipeline/workers/index.ts'
import { ConfigResourceTypes } from 'kafkajs'
import { listOffsets } from '../../src/kafka/offsets.ts'
import { readPartition } from '../../src/kafka/read.ts'
import { inboxTopic, stateTopic } from '../../src/pipeline/events/topics.ts'
import { withAdmin } from '../support/admin.ts'
import { client, isolated, runUntilCaughtUp } from '../support/isolated.ts'
import { brokers } from '../support/broker.ts'
import { writeAll } from '../support/records.ts'
import { orderMessages } from '../support/revenue.ts'
import { compressions } from '../../src/kafka/compression.ts'

const names = compressions.filter((name) => name !== 'none')

/** Lets the broker compress, or unpack, whatever is written to these topics. */
async function setCompression(topics: readonly string[], value: string): Promise<void> {
  await withAdmin(brokers(), (admin) => admin.alterConfigs({
    validateOnly: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configEntries: [{ name: 'compression.type', value }, ...(name.endsWith('-state') ? [{ name: 'cleanup.policy', value: 'compact' }] : [])] })),
  })) // prettier-ignore
}

test.each(names)('%s: what the broker compressed is read, state included, and what payflow compressed a broker unpacks', async (name) => {
  const { worker, topicOf, output } = await isolated(findWorker('aggregated-revenue')!)
  await runUntilCaughtUp([worker])
  await setCompression([topicOf('orders'), inboxTopic(worker.name)], name)
  // By this the broker has to read what the worker has written.
  await setCompression([output, stateTopic(worker.name)], name === 'gzip' ? 'zstd' : 'gzip')
  await writeAll(brokers(), topicOf('orders'), orderMessages(0, 300))
  await runUntilCaughtUp([worker], { compression: name })
  await writeAll(brokers(), topicOf('orders'), orderMessages(300, 600))
  await setCompression([output], 'uncompressed')
  await runUntilCaughtUp([worker], { compression: name })
  await expectRecords(output, 600)
}) // prettier-ignore

/** The tests' own reader knows no compression but gzip. */
async function expectRecords(topic: string, count: number): Promise<void> {
  const connection = client().connect()
  const at = [0, 1, 2].map((partition) => ({ topic, partition }))
  const ends = await listOffsets(connection, at, 'stable')
  let read = 0
  for (const { partition } of at)
    for await (const { records } of readPartition(connection, {
      topic,
      partition,
      from: 0,
      to: ends.of(topic, partition)!,
    }))
      for (const cursor = records.cursor(); cursor.next();) read++
  expect(read).toBe(count)
}
