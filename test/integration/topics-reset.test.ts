import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { applyReset, type ResetPlan } from '../../src/app/topics/topics.ts'
import { createTopics } from '../../src/kafka/topic-creation.ts'
import { brokers } from '../support/broker.ts'
import { client } from '../support/isolated.ts'
import { writeAll } from '../support/records.ts'

const options = { patienceMs: 1_000, signal: new AbortController().signal }
const planOf = (topics: readonly string[]): ResetPlan => ({
  deleteGroups: [],
  deleteTopics: [],
  createTopics: topics.map((topic) => ({ topic, partitions: 3, replicationFactor: 1 })),
  running: [],
})

test('a reset looks at what is there afterwards, and says what others have made of it meanwhile', async () => {
  const id = randomUUID().slice(0, 8)
  const [narrow, written, fresh] = [`narrow-${id}`, `written-${id}`, `fresh-${id}`]
  const plan = planOf([narrow, written, fresh])
  // as a client does that still writes while its topic is deleted, on brokers that create topics by themselves
  await createTopics(client(), [
    { topic: narrow, partitions: 1, replicationFactor: 1 },
    { topic: written, partitions: 3, replicationFactor: 1 },
  ])
  await writeAll(brokers(), written, [{ key: '1', value: '{}' }])
  await expect(applyReset(client(), plan, options, () => undefined)).rejects.toMatchObject({
    code: 'RESET_INCOMPLETE',
    kind: 'failed',
    message: `The reset is not complete: ${narrow} has 1 partition, not 3; ${written} holds 1 record already`,
  })
  expect(await applyReset(client(), planOf([fresh]), options, () => undefined)).toEqual({ created: [], deleted: [] })
})
