import { z } from 'zod'
import { shown, type Field } from './fields.ts'

export type Decoded<Event> = { readonly event: Event } | { readonly reason: string }

/** An event's fields: reading from wire JSON into memory types (cents, ms) and back. */
export interface Shape<Event> {
  /** Takes a parsed JSON value. Never throws; `reason` is one sentence that names the field. Unknown fields are left out of the event. */
  decode(value: unknown): Decoded<Event>
  /** The event as JSON text, as payflow writes it: fields in the order of the shape, money with at most two decimals, times as ISO-8601 UTC with ms. */
  encode(event: Event): string
  /** What the wire JSON must be; it accepts exactly what `decode` accepts, and is much slower. */
  readonly schema: z.ZodType
}

type Fields = Readonly<Record<string, Field<unknown>>>
type EventOf<Specs extends Fields> = {
  readonly [Name in keyof Specs]: Specs[Name] extends Field<infer Value> ? Value : never
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refusal = (name: string, field: Field<unknown>, value: unknown): string =>
  value === undefined ? `${name} is missing` : field.refusal(name, value)

function decoder(fields: Fields): (value: unknown) => Decoded<Record<string, unknown>> {
  const names = Object.keys(fields)
  const readers = Object.values(fields)
  // A copy of a blank event has all its fields from the start, which is much faster than adding them one by one.
  const blank: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, undefined]))
  return (value) => {
    if (!isObject(value)) return { reason: `the value must be a JSON object, not ${shown(value)}` }
    const event = { ...blank }
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      const wire = value[name]
      const read = readers[i]!.read(wire)
      if (read === undefined) return { reason: refusal(name, readers[i]!, wire) }
      event[name] = read
    }
    return { event }
  }
}

function encoder(fields: Fields): (event: Record<string, unknown>) => string {
  const parts = Object.entries(fields).map(([name, field], i) => {
    return { name, field, prefix: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:` }
  })
  return (event) => {
    let text = ''
    for (const { name, field, prefix } of parts) text += prefix + field.json(event[name])
    return `${text}}`
  }
}

/** Declares an event once: `shape({ user_id: integer(1), amount: money() })`. */
export function shape<const Specs extends Fields>(fields: Specs): Shape<EventOf<Specs>> {
  return {
    decode: decoder(fields) as Shape<EventOf<Specs>>['decode'],
    encode: encoder(fields),
    schema: z.object(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.schema]))),
  }
}

/** An object within an event. */
export function nested<Event>(inner: Shape<Event>): Field<Event> {
  return {
    read: (value) => {
      const decoded = inner.decode(value)
      return 'event' in decoded ? decoded.event : undefined
    },
    refusal: (name, value) => {
      const decoded = inner.decode(value)
      const reason = 'reason' in decoded ? decoded.reason : ''
      return isObject(value) ? `${name}.${reason}` : `${name} must be an object, not ${shown(value)}`
    },
    json: (event) => inner.encode(event),
    schema: inner.schema,
  }
}
