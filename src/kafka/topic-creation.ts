import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { classify, notAuthorized } from './errors.ts'
import { refuseHidden } from './missing-topics.ts'
import { retrying } from './retry.ts'
import { describeTopics, topicNames } from './topics.ts'

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config?: Readonly<Record<string, string>>
}

/** Topics that have not shown for so long may be hidden from this user. */
const ASK_BY_NAME_MS = 80

/** Creates what is missing and waits until every new partition has a leader. */
export async function createTopics(
  client: Client,
  specs: readonly NewTopic[],
  { timeoutMs = 30_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<{ created: string[]; existing: string[] }> {
  const before = new Set(await topicNames(client))
  const missing = specs.filter(({ topic }) => !before.has(topic))
  const names = missing.map(({ topic }) => topic)
  const deadline = performance.now() + timeoutMs
  const admin = await client.admin()
  for (let lookMs = 10; missing.length > 0; lookMs = Math.min(lookMs * 2, 200)) {
    signal?.throwIfAborted()
    try {
      await admin.createTopics({
        // kafkajs would wait 100 ms before it asks; `describeTopics` below needs the leaders anyway
        waitForLeaders: false,
        timeout: Math.min(timeoutMs, 10_000),
        topics: missing.map(({ topic, partitions, replicationFactor, config = {} }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
      })
    } catch (error) {
      if (performance.now() > deadline || !isTransient(error)) {
        // what may not be described does not show, even when it is there
        await refuseHidden(client, names)
        throw notAllowed(error) ?? cannotCreate(missing, error)
      }
    }
    // A name that is still being deleted is refused as existing: only the metadata tell.
    const now = new Set(await topicNames(client))
    const awaited = names.filter((name) => !now.has(name))
    if (awaited.length === 0) break
    // what may not be described never shows
    if (lookMs >= ASK_BY_NAME_MS) await refuseHidden(client, awaited).catch(unlessTransient)
    if (performance.now() > deadline) throw cannotCreate(missing, new Error('they did not appear in time'))
    await sleep(lookMs, undefined, signal ? { signal } : {})
  }
  await retrying(() => describeTopics(client, specs.map(({ topic }) => topic)), { timeoutMs: 15_000, signal }) // prettier-ignore
  return { created: names, existing: specs.filter(({ topic }) => before.has(topic)).map(({ topic }) => topic) } // prettier-ignore
}

function unlessTransient(error: unknown): void {
  if (classify(error) !== 'retriable') throw error
}

const isTransient = (error: unknown): boolean => !/REPLICATION_FACTOR|PARTITIONS|POLICY|CONFIG|AUTHORIZATION|INVALID_TOPIC/i.test(typeOf(error)) // prettier-ignore
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors.map(typeOf).join(' ') : ''
  return `${'type' in error ? String(error.type) : ''} ${inner}`
}
const cannotCreate = (specs: readonly NewTopic[], error: unknown): PayflowError =>
  new PayflowError('TOPIC_NOT_CREATED', `Cannot create ${specs.map(({ topic }) => topic).join(', ')}: ${typeOf(error).trim() || messageOf(error)}`, {
    kind: 'failed',
    hint: 'check partitions, replication factor and the number of brokers (`payflow infra status`)',
    cause: error,
  }) // prettier-ignore

/** One error for each topic that is refused: which of them may not be created. */
function notAllowed(error: unknown): PayflowError | undefined {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return undefined
  const refused = (error.errors as { type?: unknown; topic?: unknown }[]).filter(({ type }) => type === 'TOPIC_AUTHORIZATION_FAILED') // prettier-ignore
  const names = refused.flatMap(({ topic }) => (typeof topic === 'string' ? [topic] : []))
  return names.length > 0 ? notAuthorized({ operation: 'Create', resource: 'topic', names }, error) : undefined
}
