import type { Fields } from '../codec/read.ts'
import { shown } from '../codec/fields.ts'
import { shape, type FieldValues } from '../codec/shape.ts'
import type { TopicSpec } from './topics.ts'

/** What Kafka takes as a topic's name. */
export const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/

interface TopicFunctions<Event> {
  /** The text that decides an event's partition; `user_id` when absent. */
  readonly key?: (event: Event) => string
  /** The user an event belongs to; `user_id` when absent. */
  readonly userOf?: (event: Event) => number
  /** When the event happened, in ms since 1970; `timestamp` when absent. */
  readonly timeOf?: (event: Event) => number
}

const SOME_TIME = '2024-05-01T12:00:00.000Z'

/** A custom topic: `defineTopic('averages', { user_id: integer(1), average: money(), timestamp: time() })`. */
export function defineTopic<const Specs extends Fields>(
  name: string,
  fields: Specs,
  functions: TopicFunctions<FieldValues<Specs>> = {},
): TopicSpec<FieldValues<Specs>> {
  type Event = FieldValues<Specs>
  if (!TOPIC_NAME.test(name)) throw new Error(`${shown(name)} cannot name a topic: letters, digits, ".", "_" and "-", 249 at most`) // prettier-ignore
  const hasUser = typeof fields['user_id']?.read(1) === 'number'
  const hasTime = typeof fields['timestamp']?.read(SOME_TIME) === 'number'
  const key = functions.key ?? (hasUser ? (event: Event) => String(event['user_id']) : undefined)
  const userOf = functions.userOf ?? (hasUser ? (event: Event) => event['user_id'] as number : undefined)
  const timeOf = functions.timeOf ?? (hasTime ? (event: Event) => event['timestamp'] as number : undefined)
  if (!key) throw new Error(`Topic ${name} needs a key, because its events have no user_id: { key: (event) => text }`)
  return { name, shape: shape(fields), key, ...(userOf && { userOf }), ...(timeOf && { timeOf }) }
}
