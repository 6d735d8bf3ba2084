import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { sendToController } from './controller.ts'
import { classify, errorName, notAuthorized } from './errors.ts'
import { refusedAsExisting } from './held-names.ts'
import { topicNames } from './topics.ts'
import { deleteTopicsApi, deleteTopicsRequest } from './wire/topics.ts'

const LONGEST_ANSWER_MS = 10_000
const TOPIC_AUTHORIZATION_FAILED = 29

/**
 * Deletes topics (those that exist) and returns when each of them could be created again, also one that somebody else is deleting:
 * the controller answers before that, and a creation that comes too early is refused because it exists.
 */
export async function deleteTopics(
  client: Client,
  names: readonly string[],
  { timeoutMs = 60_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const existing = (await topicNames(client)).filter((name) => names.includes(name))
  const deadline = performance.now() + timeoutMs
  for (let shown = existing, lookMs = 10; ; lookMs = Math.min(lookMs * 2, 200)) {
    signal?.throwIfAborted()
    if (shown.length > 0)
      await ask(client, shown).catch((error: unknown) => {
        if (performance.now() > deadline || (error instanceof PayflowError && classify(error) === 'fatal')) throw error
        client.options.log?.('debug', 'topics-not-deleted', { topics: shown, error: messageOf(error) })
      })
    shown = (await topicNames(client)).filter((name) => names.includes(name))
    const held = shown.length > 0 ? shown : await refusedAsExisting(client, names)
    if (held.length === 0) return existing
    if (performance.now() > deadline) throw notDeleted(held, shown, timeoutMs)
    await sleep(lookMs, undefined, signal ? { signal } : {})
  }
}

/** What the controller does not delete stays in the metadata, which tell. @throws PayflowError for topics that may not be deleted */
async function ask(client: Client, topics: readonly string[]): Promise<void> {
  const answers = await sendToController(client.control, deleteTopicsApi, () =>
    deleteTopicsRequest(topics, { timeoutMs: LONGEST_ANSWER_MS }),
  )
  const refused = answers.filter(({ errorCode }) => errorCode !== 0)
  const forbidden = refused.flatMap(({ topic, errorCode }) => (errorCode === TOPIC_AUTHORIZATION_FAILED ? [topic] : []))
  if (forbidden.length > 0) throw notAuthorized({ operation: 'Delete', resource: 'topic', names: forbidden }, undefined)
  for (const { topic, errorCode } of refused)
    client.options.log?.('debug', 'topic-not-deleted', { topic, error: errorName(errorCode) })
}

const notDeleted = (held: readonly string[], shown: readonly string[], timeoutMs: number): PayflowError =>
  new PayflowError(
    'TOPIC_NOT_DELETED',
    `${held.join(', ')} could not be deleted within ${timeoutMs / 1000} s${shown.length > 0 ? '' : ': still marked for deletion'}`,
    {
      kind: 'failed',
      hint:
        shown.length > 0
          ? 'look into the broker log with `payflow infra logs`; is delete.topic.enable off?'
          : 'a broker with one of its replicas is down or slow: look with `payflow infra status`, then run this again',
    },
  )
