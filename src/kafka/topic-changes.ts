import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { kafkajs } from './kafkajs/internals.ts'
import { retrying } from './retry.ts'
import { describeTopics } from './topics.ts'

/** A setting of the topic itself, not the broker's or Kafka's default. */
const TOPIC_CONFIG = 1
const TIMEOUT_MS = 30_000
const LOOK_MS = 100

/** Gives a topic more partitions and returns when each of them has a leader. @throws PayflowError when the broker refuses */
export async function addPartitions(client: Client, topic: string, count: number, signal?: AbortSignal): Promise<void> {
  const admin = await client.admin()
  const deadline = performance.now() + TIMEOUT_MS
  try {
    await admin.createPartitions({ topicPartitions: [{ topic, count }], timeout: 10_000 })
  } catch (error) {
    throw refused(topic, messageOf(error), error)
  }
  for (;;) {
    signal?.throwIfAborted()
    const partitions = await describeTopics(client, [topic]).then(
      ([described]) => described?.partitions ?? [],
      () => [],
    )
    if (partitions.length >= count && partitions.every(({ leader }) => leader >= 0)) return
    if (performance.now() > deadline) throw refused(topic, 'its new partitions have no leader', undefined)
    await sleep(LOOK_MS, undefined, signal ? { signal } : {})
  }
}

/** What was set for each topic itself: a re-created topic must have it again. */
export async function topicSettings(
  client: Client,
  names: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  if (names.length === 0) return new Map()
  const admin = await client.admin()
  const asked = {
    includeSynonyms: false,
    resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  }
  const { resources } = await retrying(() => admin.describeConfigs(asked), { timeoutMs: 8_000 })
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const own = configEntries.filter(({ configSource }) => (configSource as number) === TOPIC_CONFIG)
      return [resourceName, Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]))]
    }),
  )
}

const refused = (topic: string, why: string, cause: unknown): PayflowError =>
  new PayflowError('PARTITIONS_NOT_ADDED', `${topic} could not be given more partitions: ${why}`, {
    kind: 'failed',
    hint: `look at it with \`payflow topics describe ${topic}\``,
    cause,
  })
