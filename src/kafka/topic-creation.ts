import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { sendToController } from './controller.ts'
import { classify, codeOf, errorName, notAuthorized } from './errors.ts'
import { refuseHidden } from './missing-topics.ts'
import { retrying } from './retry.ts'
import { describeTopics, topicNames } from './topics.ts'
import { createTopicsApi, createTopicsRequest, type NewTopic, type TopicAnswer } from './wire/topics.ts'

export type { NewTopic }

/** Topics that have not shown for so long may be hidden from this user. */
const ASK_BY_NAME_MS = 80
const LONGEST_ANSWER_MS = 10_000
const TOPIC_AUTHORIZATION_FAILED = 29
const TOPIC_ALREADY_EXISTS = 36
/** What no repetition helps, by the controller: the name, rights of topics and of the cluster, numbers, settings, and what a policy forbids. */
const refusedForGood = new Set([17, 29, 31, 37, 38, 40, 44])

/** What the controller said of the topics that it did not create. */
class TopicsRefused extends Error {
  override readonly name = 'TopicsRefused'
  readonly topics: readonly TopicAnswer[]

  constructor(topics: readonly TopicAnswer[]) {
    super(topics.map(({ topic, errorCode, message }) => `${topic}: ${message || errorName(errorCode)}`).join('; '))
    this.topics = topics
  }
}

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
  for (let lookMs = 10; missing.length > 0; lookMs = Math.min(lookMs * 2, 200)) {
    signal?.throwIfAborted()
    try {
      await ask(client, missing, Math.min(timeoutMs, LONGEST_ANSWER_MS))
    } catch (error) {
      if (performance.now() > deadline || !isTransient(error)) {
        // what may not be described does not show, even when it is there
        await refuseHidden(client, names)
        if (error instanceof PayflowError) throw error
        throw notAllowed(error) ?? cannotCreate(missing, error)
      }
      client.options.log?.('debug', 'topics-not-created', { topics: names, error: messageOf(error) })
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
  // what was there before may have its own trouble, which is not for this to wait out
  await retrying(() => describeTopics(client, names), { timeoutMs: 15_000, signal })
  return { created: names, existing: specs.filter(({ topic }) => before.has(topic)).map(({ topic }) => topic) } // prettier-ignore
}

/** What exists by now is as good as created. @throws TopicsRefused for the rest */
async function ask(client: Client, topics: readonly NewTopic[], timeoutMs: number): Promise<void> {
  const answers = await sendToController(client.control, createTopicsApi, () => createTopicsRequest(topics, { timeoutMs })) // prettier-ignore
  const refused = answers.filter(({ errorCode }) => errorCode !== 0 && errorCode !== TOPIC_ALREADY_EXISTS)
  if (refused.length > 0) throw new TopicsRefused(refused)
}

function unlessTransient(error: unknown): void {
  if (classify(error) !== 'retriable') throw error
}

function isTransient(error: unknown): boolean {
  if (error instanceof TopicsRefused) return !error.topics.some(({ errorCode }) => refusedForGood.has(errorCode))
  if (error instanceof PayflowError) return classify(error) === 'retriable'
  return !refusedForGood.has(codeOf(error) ?? 0)
}

function cannotCreate(specs: readonly NewTopic[], error: unknown): PayflowError {
  const code = codeOf(error)
  const reasons = error instanceof TopicsRefused ? error.topics.map(({ errorCode }) => errorName(errorCode)) : [code === undefined ? messageOf(error) : errorName(code)] // prettier-ignore
  const names = specs.map(({ topic }) => topic).join(', ')
  return new PayflowError('TOPIC_NOT_CREATED', `Cannot create ${names}: ${[...new Set(reasons)].join(' ')}`, {
    kind: 'failed',
    hint: 'check partitions, replication factor and the number of brokers (`payflow infra status`)',
    cause: error,
  })
}

/** Which of the topics may not be created. */
function notAllowed(error: unknown): PayflowError | undefined {
  if (!(error instanceof TopicsRefused)) return undefined
  const refused = error.topics.filter(({ errorCode }) => errorCode === TOPIC_AUTHORIZATION_FAILED)
  const names = refused.map(({ topic }) => topic)
  return names.length > 0 ? notAuthorized({ operation: 'Create', resource: 'topic', names }, error) : undefined
}
