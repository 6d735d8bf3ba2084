import { z } from 'zod'
import { shown, type Field } from './fields.ts'
import { isObject } from './read.ts'
import { scanParsed } from './scan-value.ts'
import type { Shape } from './shape.ts'

const MAX_MESSAGE = 200

/** The first thing that is wrong, in a sentence. */
function reasonOf({ issues }: z.ZodError, name: string): string {
  const [issue] = issues
  const path = issue?.path.map(String).join('.') ?? ''
  const where = [name, path].filter((part) => part !== '').join('.') || 'the value'
  return `${where} is not as its schema says: ${(issue?.message ?? '').slice(0, MAX_MESSAGE)}`
}

/**
 * Events of a zod schema, for what the fields cannot say. Each record goes through JSON.parse and zod, which takes several times as long as a shape
 * of fields. What is written is `JSON.stringify` of the event: the schema must take that again.
 */
export function zodShape<Event>(schema: z.ZodType<Event>): Shape<Event> {
  const decode = (value: unknown): ReturnType<Shape<Event>['decode']> => {
    if (!isObject(value)) return { reason: `the value must be a JSON object, not ${shown(value)}` }
    const parsed = schema.safeParse(value)
    return parsed.success ? { event: parsed.data } : { reason: reasonOf(parsed.error, '') }
  }
  return {
    decode,
    encode: (event) => JSON.stringify(event),
    fields: {},
    schema,
    faultOf: (event) => {
      const decoded = decode(JSON.parse(JSON.stringify(event)))
      return 'reason' in decoded ? decoded.reason : undefined
    },
  }
}

/** One field of a zod schema; slower than the other fields, as `zodShape`. */
export function zodField<Value>(schema: z.ZodType<Value>): Field<Value> {
  const read = (value: unknown): Value | undefined => {
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : undefined
  }
  return {
    read,
    scan: scanParsed(read),
    refusal: (name, value) => {
      const parsed = schema.safeParse(value)
      return parsed.success ? `${name} is missing` : reasonOf(parsed.error, name)
    },
    json: (value) => JSON.stringify(value),
    schema: z.unknown().refine((value) => read(value) !== undefined),
  }
}
