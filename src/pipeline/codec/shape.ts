import { z } from 'zod'
import { decoder, isObject, type Decoded, type Fields } from './read.ts'
import { encoder } from './write.ts'
import { shown, type Field } from './fields.ts'
import { scanner } from './compile.ts'

/** An event's fields: reading from wire JSON into memory types (cents, ms) and back. */
export interface Shape<Event> {
  /** Takes a parsed JSON value. Never throws; `reason` is one sentence that names the field. Unknown fields are left out of the event. */
  decode(value: unknown): Decoded<Event>
  /** The event that `decode` finds in the JSON text `from` until `to`, when that has the plain form that payflow writes; undefined: ask `decode`. Absent when a field has no plain form. */
  readonly scan?: (bytes: Buffer, from: number, to: number) => Event | undefined
  /** The event as JSON text, as payflow writes it: fields in the order of the shape, money with at most two decimals, times as ISO-8601 UTC with ms. */
  encode(event: Event): string
  /** By their names. */
  readonly fields: Fields
  /** What the wire JSON must be; it accepts exactly what `decode` accepts, and is much slower. */
  readonly schema: z.ZodType
}

/** What an event of these fields is in memory. */
export type FieldValues<Specs extends Fields> = {
  readonly [Name in keyof Specs]: Specs[Name] extends Field<infer Value> ? Value : never
}

/** Declares an event once: `shape({ user_id: integer(1), amount: money() })`. */
export function shape<const Specs extends Fields>(fields: Specs): Shape<FieldValues<Specs>> {
  const scan = scanner(fields) as Shape<FieldValues<Specs>>['scan']
  return {
    decode: decoder(fields) as Shape<FieldValues<Specs>>['decode'],
    ...(scan && { scan }),
    encode: encoder(fields),
    fields,
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
