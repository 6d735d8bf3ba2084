import { expect, it, onTestFinished } from 'vitest'
import { Client } from '../../src/kafka/client.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { deleteTopics } from '../../src/kafka/topic-deletion.ts'
import { withAdmin } from '../support/admin.ts'
import { ownBroker } from '../support/broker.ts'

it.each([
  [1, 10],
  [3, 5],
])(
  'a deleted topic can be created at once by a client that does not try again: %i brokers, %i times',
  async (nodes, rounds) => {
    const { brokers } = await ownBroker(nodes)
    const client = new Client({ brokers })
    onTestFinished(() => client.close())
    const spec = { topic: 'reset-me', partitions: 3, replicationFactor: nodes }
    await createTopics(client, [spec])
    let refused = 0
    for (let round = 0; round < rounds; round++) {
      // the second waits for what the first has begun, also where metadata have forgotten the topic
      await Promise.all([deleteTopics(client, ['reset-me']), deleteTopics(client, ['reset-me', 'never-there'])])
      const created = await withAdmin(brokers, (admin) => admin.createTopics({ topics: [{ topic: 'reset-me', numPartitions: 3, replicationFactor: nodes }] })) // prettier-ignore
      if (!created) refused++
    }
    expect(refused).toBe(0)
  },
  120_000,
)
