import type { z } from 'zod'
import type { Fields } from '../codec/read.ts'
import { shown } from '../codec/fields.ts'
import { shape, type Shape, type ShapeOptions, type ShapeValues } from '../codec/shape.ts'
import { zodShape } from '../codec/zod-shape.ts'
import type { TopicSpec } from './topics.ts'

/** What Kafka takes as a topic's name. */
export const TOPIC_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/

interface TopicFunctions<Event> {
  /** The text that decides an event's partition where a worker writes it; `user_id` when absent. A topic that is only read needs none. */
  readonly key?: (event: Event) => string
  /** When the event happened, in ms since 1970; `timestamp` when absent. */
  readonly timeOf?: (event: Event) => number
}

const SOME_TIME = '2024-05-01T12:00:00.000Z'

/** Marks the key of a topic that has none; the same in every copy of this package. */
const mark = Symbol.for('payflow.no-key')

/** The key of a topic that has none: nobody writes it. */
const noKey = Object.assign(
  (): never => {
    throw new Error('the topic has no key: say { key: (event) => text } in its defineTopic')
  },
  { [mark]: true },
)

export const hasNoKey = (topic: object): boolean =>
  'key' in topic && typeof topic.key === 'function' && mark in topic.key

/** What an event is in memory, of what a topic is declared with. */
type EventIn<Declared, Passthrough extends boolean> =
  Declared extends Shape<infer Event>
    ? Event
    : Declared extends z.ZodType<infer Event>
      ? Event
      : Declared extends Fields
        ? ShapeValues<Declared, Passthrough>
        : never

const isSchema = (declared: object): declared is z.ZodType => 'safeParse' in declared && isFunction(declared.safeParse)
/** zod's schemas have functions of these names too. */
const isShape = (declared: object): declared is Shape<unknown> => !isSchema(declared) && 'decode' in declared && 'encode' in declared && isFunction(declared.decode) && isFunction(declared.encode) // prettier-ignore
const isFunction = (value: unknown): boolean => typeof value === 'function'

/**
 * A custom topic: `defineTopic('averages', { user_id: integer(1), average: money(), timestamp: time() })`. Instead of fields it may have a shape
 * (`union(…)`) or a zod schema, which is slower.
 */
export function defineTopic<
  const Declared extends Fields | Shape<unknown> | z.ZodType,
  Passthrough extends boolean = false,
>(
  name: string,
  declared: Declared,
  functions: TopicFunctions<EventIn<Declared, Passthrough>> & ShapeOptions<Passthrough> = {},
): TopicSpec<EventIn<Declared, Passthrough>> {
  type Event = EventIn<Declared, Passthrough>
  if (!TOPIC_NAME.test(name)) throw new Error(`${shown(name)} cannot name a topic: letters, digits, ".", "_" and "-", 249 at most`) // prettier-ignore
  if ('userOf' in functions) throw new Error(`Topic ${name}: userOf has gone. Which text decides where state lies is said by the worker: partitionBy: { <input>: (event) => text }`) // prettier-ignore
  const made = shapeOf(name, declared, functions) as Shape<Event>
  const user = made.fields['user_id']
  const hasUser = user?.read(1) === 1
  const at = made.fields['timestamp']
  const hasTime = at?.isTime === true || typeof at?.read(SOME_TIME) === 'number'
  const field = (event: Event, of: string): unknown => (event as Readonly<Record<string, unknown>>)[of]
  const key =
    functions.key ?? (hasUser ? (event: Event) => String((event as { readonly user_id?: unknown }).user_id) : noKey)
  const timeOf = functions.timeOf ?? (hasTime ? (event: Event) => field(event, 'timestamp') as number : undefined)
  return { name, shape: made, key, ...(timeOf && { timeOf }) }
}

function shapeOf(name: string, declared: unknown, { passthrough }: ShapeOptions): Shape<unknown> {
  if (typeof declared !== 'object' || declared === null) throw new Error(`Topic ${name} needs fields: { name: text(), … }, not ${shown(declared)}`) // prettier-ignore
  if (isShape(declared) || isSchema(declared)) {
    if (passthrough) throw new Error(`Topic ${name}: passthrough is for fields; a shape or a schema says itself what it keeps`) // prettier-ignore
    return isShape(declared) ? declared : zodShape(declared)
  }
  for (const [field, spec] of Object.entries(declared as Fields))
    if (!isFunction((spec as Partial<Fields[string]> | undefined)?.read)) throw new Error(`Topic ${name}: ${field} is not a field such as text() or integer(0), but ${shown(spec)}`) // prettier-ignore
  return shape(declared as Fields, { passthrough: passthrough ?? false })
}
