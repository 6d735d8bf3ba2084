import { setTimeout as sleep } from 'node:timers/promises'
import { didYouMean } from '../did-you-mean.ts'
import { PayflowError } from '../errors.ts'
import type { Client } from './client.ts'
import { refusedAsExisting } from './held-names.ts'
import { allCounts } from './topics.ts'

/** What a command or a worker (`neededBy`) cannot do without. */
export function topicsMissing(
  topics: readonly string[],
  { neededBy, hint = 'create what is missing with `payflow topics create`' }: { neededBy?: string; hint?: string } = {},
): PayflowError {
  const names = topics.join(', ')
  const verb = topics.length > 1 ? 'do' : 'does'
  const what = neededBy === undefined ? `There is no topic ${names}` : `${neededBy} ${names}, which ${verb} not exist`
  return new PayflowError('TOPIC_MISSING', what, { kind: 'failed', hint })
}

/** As long as a broker that starts may take to learn of its topics. */
const STARTING_PATIENCE_MS = 20_000

/**
 * All topics and their partitions (0: not known yet). A broker that has just started answers before it knows them: while the controller refuses to create one of the
 * `wanted` because it exists, it is asked again.
 * @throws what says so when one of the wanted is hidden from this user
 */
export async function topicsWith(
  client: Client,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const deadline = performance.now() + STARTING_PATIENCE_MS
  for (let lookMs = 20; ; lookMs = Math.min(lookMs * 2, 500)) {
    const topics = await allCounts(client)
    const absent = wanted.filter((name) => !topics.has(name))
    await refuseHidden(client, absent)
    const held = await refusedAsExisting(client, absent)
    if (held.length === 0 || performance.now() > deadline) return topics
    await sleep(lookMs, undefined, signal ? { signal } : {})
  }
}

/** A topic that may not be described is left out where all are listed. @throws what says so when it is asked for by name */
export async function refuseHidden(client: Client, names: readonly string[]): Promise<void> {
  for (const name of names) await client.shared.partitions(name)
}

/** Names that a user has given, none of which is among the `existing` ones. */
export const topicsNotFound = (topics: readonly string[], existing: readonly string[]): PayflowError =>
  new PayflowError('TOPIC_NOT_FOUND', `There is no topic ${topics.join(', ')}`, {
    kind: 'failed',
    hint: didYouMean(topics[0]!, existing, 'list them with `payflow topics list`'),
  })
