import { z } from 'zod'
import { decoder, isObject, type Decoded, type Fields } from './read.ts'
import { encoder } from './write.ts'
import { shown, type Field } from './fields.ts'
import { scanner } from './compile.ts'
import { scanWithin } from './scan-value.ts'

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
  /** The fields of this event, where not all events have the same; undefined: it is of no variant. */
  readonly fieldsOf?: (event: Readonly<Record<string, unknown>>) => Fields | undefined
  /** Why a reader would not take this event again; asked instead of the fields. */
  readonly faultOf?: (event: unknown) => string | undefined
  /** Unknown fields are kept. */
  readonly passthrough?: boolean
  /** Whether a field is (`Field.wide`). */
  readonly wide?: boolean
}

/** What an event of these fields is in memory. */
export type FieldValues<Specs extends Fields> = {
  readonly [Name in keyof Specs]: Specs[Name] extends Field<infer Value> ? Value : never
}

/** What is said of an event besides its fields. */
export interface ShapeOptions<Passthrough extends boolean = boolean> {
  /** Whether fields that are not declared are kept, as they are, and written after the others; otherwise they are left out. */
  readonly passthrough?: Passthrough
}

export type ShapeValues<Specs extends Fields, Passthrough extends boolean> = Passthrough extends true
  ? FieldValues<Specs> & Readonly<Record<string, unknown>>
  : FieldValues<Specs>

/** Declares an event once: `shape({ user_id: integer(1), amount: money() })`. */
export function shape<const Specs extends Fields, Passthrough extends boolean = false>(
  fields: Specs,
  { passthrough }: ShapeOptions<Passthrough> = {},
): Shape<ShapeValues<Specs, Passthrough>> {
  type Event = ShapeValues<Specs, Passthrough>
  const scan = scanner(fields) as Shape<Event>['scan']
  const decode = decoder(fields) as Shape<Event>['decode']
  const encode = encoder(fields) as Shape<Event>['encode']
  return {
    decode: passthrough ? keeping(fields, decode) : decode,
    ...(scan && { scan }),
    encode: passthrough ? writingAll(fields, encode) : encode,
    fields,
    schema: z.object(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.schema]))),
    ...(passthrough && { passthrough }),
    ...(Object.values(fields).some(({ wide }) => wide) && { wide: true }),
  }
}

type Bag = Record<string, unknown>

/** A field of the name `__proto__` is never kept. */
const isMore = (fields: Fields, name: string): boolean => name !== '__proto__' && !Object.hasOwn(fields, name)

const keeping =
  <Event>(fields: Fields, decode: Shape<Event>['decode']): Shape<Event>['decode'] =>
  (value) => {
    const decoded = decode(value)
    if ('event' in decoded)
      for (const [name, more] of Object.entries(value as Bag))
        if (isMore(fields, name)) (decoded.event as Bag)[name] = more
    return decoded
  }

const writingAll =
  <Event>(fields: Fields, encode: Shape<Event>['encode']): Shape<Event>['encode'] =>
  (event) => {
    const text = encode(event)
    const more = Object.entries(event as Bag)
      .filter(([name, value]) => isMore(fields, name) && value !== undefined)
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    if (more.length === 0) return text
    return `${text.slice(0, -1)}${text.length > 2 ? ',' : ''}${more.join(',')}}`
  }

/** An object within an event. */
export function nested<Event>(inner: Shape<Event>): Field<Event> {
  const read = (value: unknown): Event | undefined => {
    const decoded = inner.decode(value)
    return 'event' in decoded ? decoded.event : undefined
  }
  return {
    read,
    scan: scanWithin(inner.scan, read),
    refusal: (name, value) => {
      const decoded = inner.decode(value)
      const reason = 'reason' in decoded ? decoded.reason : ''
      return isObject(value) ? `${name}.${reason}` : `${name} must be an object, not ${shown(value)}`
    },
    json: (event) => inner.encode(event),
    schema: inner.schema,
    ...(inner.wide && { wide: true }),
  }
}
