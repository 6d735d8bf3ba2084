import { setTimeout as sleep } from 'node:timers/promises'
import { PayflowError, messageOf } from '../errors.ts'
import type { Client } from './client.ts'
import { askController } from './controller.ts'
import { notAuthorized } from './errors.ts'
import { brokerErrorOf } from './topic-error.ts'
import { leadersOf } from './topics.ts'
import { createPartitionsApi, createPartitionsRequest } from './wire/topics.ts'

const TIMEOUT_MS = 30_000
const LONGEST_ANSWER_MS = 10_000
const LOOK_MS = 100
const REQUEST_TIMED_OUT = 7
const TOPIC_AUTHORIZATION_FAILED = 29
const INVALID_PARTITIONS = 37

/** Gives a topic more partitions and returns when each new one has a leader. @throws PayflowError when the broker refuses */
export async function addPartitions(client: Client, topic: string, count: number, signal?: AbortSignal): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  // who cannot tell how many there are waits for the leaders of all; the request says what is wrong
  const before = await leadersOf(client, topic).then(
    ({ length }) => length,
    () => 0,
  )
  try {
    await ask(client, topic, count, signal)
  } catch (error) {
    if (error instanceof PayflowError) throw error
    throw refused(topic, messageOf(error), error)
  }
  for (;;) {
    signal?.throwIfAborted()
    let why: unknown = 'its new partitions have no leader'
    try {
      const leaders = await leadersOf(client, topic)
      if (leaders.length >= count && leaders.slice(before).every((leader) => leader >= 0)) return
    } catch (error) {
      why = error
    }
    if (performance.now() > deadline) throw refused(topic, messageOf(why), why)
    await sleep(LOOK_MS, undefined, signal ? { signal } : {})
  }
}

/** @throws what the controller answered, unless it may have added them all the same */
async function ask(client: Client, topic: string, count: number, signal?: AbortSignal): Promise<void> {
  let sent = 0
  const request = () => {
    sent++
    return createPartitionsRequest([{ topic, count }], { timeoutMs: LONGEST_ANSWER_MS })
  }
  const [answer] = await askController(client.control, createPartitionsApi, request, signal)
  if (!answer || answer.errorCode === 0 || answer.errorCode === REQUEST_TIMED_OUT) return
  // the answer to the first request was lost: this is what it did
  if (answer.errorCode === INVALID_PARTITIONS && sent > 1) return
  const error = brokerErrorOf(answer.errorCode, answer.message)
  if (answer.errorCode === TOPIC_AUTHORIZATION_FAILED)
    throw notAuthorized({ operation: 'Alter', resource: 'topic', names: [topic] }, error)
  throw error
}

const refused = (topic: string, why: string, cause: unknown): PayflowError =>
  new PayflowError('PARTITIONS_NOT_ADDED', `${topic} could not be given more partitions: ${why}`, {
    kind: 'failed',
    hint: `look at it with \`payflow topics describe ${topic}\``,
    cause,
  })
