import { z } from 'zod'
import { literal } from './collection-fields.ts'
import { oneOf, shown } from './fields.ts'
import { isObject, type Fields } from './read.ts'
import { shape, type FieldValues, type Shape } from './shape.ts'

/** What an event of a tagged union is in memory. */
export type UnionValues<Tag extends string, Variants extends Readonly<Record<string, Fields>>> = {
  [Name in keyof Variants & string]: { readonly [Key in Tag]: Name } & FieldValues<Variants[Name]>
}[keyof Variants & string]

/**
 * Events of several shapes, told apart by the text of one field: `union('type', { card: { number: text() }, transfer: { iban: text() } })`.
 * It is the shape of a topic, or within an event `nested(union(…))`.
 */
export function union<const Tag extends string, const Variants extends Readonly<Record<string, Fields>>>(
  tag: Tag,
  variants: Variants,
): Shape<UnionValues<Tag, Variants>> {
  type Event = UnionValues<Tag, Variants>
  const names = Object.keys(variants)
  if (names.length === 0) throw new Error(`union(${shown(tag)}, …) needs a variant`)
  const shapes = new Map<unknown, Shape<Event>>(
    Object.entries(variants).map(([name, fields]) => [name, shape({ [tag]: literal(name), ...fields }) as unknown as Shape<Event>]), // prettier-ignore
  )
  const all = [...shapes.values()]
  const tagField = oneOf(...names)
  const scans = all.flatMap(({ scan }) => scan ?? [])
  const scan = (bytes: Buffer, from: number, to: number): Event | undefined => {
    for (const each of scans) {
      const event = each(bytes, from, to)
      if (event !== undefined) return event
    }
    return undefined
  }
  return {
    decode: (value) => {
      if (!isObject(value)) return { reason: `the value must be a JSON object, not ${shown(value)}` }
      const name = Object.hasOwn(value, tag) ? value[tag] : undefined
      const variant = shapes.get(name)
      if (variant) return variant.decode(value)
      return { reason: name === undefined ? `${tag} is missing` : tagField.refusal(tag, name) }
    },
    ...(scans.length > 0 && { scan }),
    encode: (event) => shapes.get((event as Readonly<Record<string, unknown>>)[tag])!.encode(event),
    fields: { [tag]: tagField },
    fieldsOf: (event) => shapes.get(event[tag])?.fields,
    schema: z.union(all.map(({ schema }) => schema) as [z.ZodType, ...z.ZodType[]]),
    ...(all.some(({ wide }) => wide) && { wide: true }),
  }
}
