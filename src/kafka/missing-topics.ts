import { didYouMean } from '../did-you-mean.ts'
import { PayflowError } from '../errors.ts'
import type { Client } from './client.ts'

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
