import { z } from 'zod'
import { mustBe, shown, type Field } from './fields.ts'
import { isObject } from './read.ts'
import { scanConstant, scanParsed } from './scan-value.ts'

/** An array of one kind. */
export function list<Value>(item: Field<Value>): Field<readonly Value[]> {
  const read = (value: unknown): Value[] | undefined => {
    if (!Array.isArray(value)) return undefined
    const items: Value[] = []
    for (const each of value as unknown[]) {
      const one = item.read(each)
      if (one === undefined) return undefined
      items.push(one)
    }
    return items
  }
  return {
    read,
    scan: scanParsed(read),
    refusal: (name, value) => {
      if (!Array.isArray(value)) return mustBe('a list')(name, value)
      const i = value.findIndex((each) => item.read(each) === undefined)
      return item.refusal(`${name}[${i}]`, value[i])
    },
    json: (items) => `[${items.map((each) => item.json(each)).join(',')}]`,
    schema: z.array(item.schema),
    ...(item.wide && { wide: true }),
  }
}

/** An object of any names, with values of one kind. */
export function record<Value>(item: Field<Value>): Field<Readonly<Record<string, Value>>> {
  const read = (value: unknown): Record<string, Value> | undefined => {
    if (!isObject(value)) return undefined
    const entries: [string, Value][] = []
    for (const [name, each] of Object.entries(value)) {
      const one = item.read(each)
      if (one === undefined) return undefined
      entries.push([name, one])
    }
    return Object.fromEntries(entries)
  }
  return {
    read,
    scan: scanParsed(read),
    refusal: (name, value) => {
      if (!isObject(value)) return mustBe('an object')(name, value)
      const [inner, each] = Object.entries(value).find(([, one]) => item.read(one) === undefined) ?? ['', undefined]
      return item.refusal(`${name}.${inner}`, each)
    },
    json: (values) => `{${Object.entries(values).map(([name, each]) => `${JSON.stringify(name)}:${item.json(each)}`).join(',')}}`, // prettier-ignore
    // zod leaves a name out that JSON may have
    schema: z.unknown().refine((value) => isObject(value) && Object.values(value).every((each) => item.schema.safeParse(each).success)), // prettier-ignore
    ...(item.wide && { wide: true }),
  }
}

const nullText = Buffer.from('null')

/** May be missing, or null where the field itself takes none; then it is the default, as it is in memory (cents, ms). It is always written. */
export function optional<Value, const Default>(field: Field<Value>, byDefault: Default): Field<Value | Default> {
  if (byDefault === undefined) throw new Error('optional(field, default) needs a default: null, for example')
  const takesNull = field.read(null) !== undefined
  const { scan } = field
  const scanNull = scanConstant(byDefault, nullText)
  return {
    read: (value) => (value === undefined || (value === null && !takesNull) ? byDefault : field.read(value)),
    ...(scan && {
      scan: (bytes: Buffer, at: number) => {
        const value = scan(bytes, at)
        return value === undefined ? scanNull(bytes, at) : value
      },
    }),
    refusal: (name, value) => field.refusal(name, value),
    json: (value) => (value === null && !takesNull ? 'null' : field.json(value as Value)),
    schema: field.schema.nullish(),
    ...(field.wide && { wide: true }),
  }
}

/** One constant. */
export function literal<const Value extends string | number | boolean | null>(value: Value): Field<Value> {
  const text = JSON.stringify(value)
  return {
    read: (other) => (other === value ? value : undefined),
    scan: scanConstant(value, Buffer.from(text)),
    refusal: mustBe(shown(value)),
    json: () => text,
    schema: z.literal(value),
  }
}

/** Anything that JSON can say, as JSON.parse gives it: it is kept as it is, but for numbers that no double holds. */
export function unknown(): Field<unknown> {
  const read = (value: unknown): unknown => value
  return {
    read,
    scan: scanParsed(read),
    refusal: (name) => `${name} is missing`,
    json: (value) => JSON.stringify(value),
    schema: z.unknown().refine((value) => value !== undefined),
  }
}
