import type { z } from 'zod'
import type { TopicSpec } from '../events/topics.ts'

/** What a zod schema is made of, as far as a value for it is to be found. */
interface Definition {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly element?: z.ZodType
  readonly keyType?: z.ZodType
  readonly valueType?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly items?: readonly z.ZodType[]
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly entries?: Readonly<Record<string, unknown>>
  readonly values?: readonly unknown[]
}

/** Chooses among so many, by where in the event that is: the same each time. */
type Choose = (path: string, among: number) => number

const twoTimes = ['2024-05-01T12:00:00.000Z', '2024-05-01T12:07:30.000Z']
const twoIds = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
/** Pairs, so that values come more than once, and differ. */
const leaves: readonly (readonly unknown[])[] = [[1, 2], [0, 1], [12.5, 7.25], [1_714_564_800_000, 1_714_565_250_000], ['a', 'b'], twoTimes, twoIds, ['10', '25'], ['EUR', 'USD'], ['a@example.com', 'b@example.com'], ['https://example.com/a', 'https://example.com/b'], ['2024-05-01', '2024-05-02'], [true, false], [null, null]] // prettier-ignore

/**
 * Events that a topic may hold, made up: always the same, with few different values, so that keys come again. None where its fields ask for what is
 * hard to guess.
 */
export function sampleEvents(topic: TopicSpec, count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => {
    const found = sampleOf(topic.shape.schema, chooserOf(index), topic.name)
    const decoded = found === undefined ? undefined : topic.shape.decode(found.value)
    return decoded && 'event' in decoded ? decoded.event : undefined
  }).filter((event) => event !== undefined)
}

const chooserOf =
  (index: number): Choose =>
  (path, among) => {
    let hash = 2_166_136_261 ^ (index * 0x9e37_79b1)
    for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 16_777_619)
    return (hash >>> 13) % among
  }

interface Found {
  readonly value: unknown
}

/** A value that the schema takes; undefined when none is found. */
function sampleOf(schema: z.ZodType, choose: Choose, path: string): Found | undefined {
  const definition = schema._zod.def as unknown as Definition
  const candidates = composed(definition, choose, path) ?? leaves.map((pair) => ({ value: pair[choose(path, 2)] }))
  return candidates.find(({ value }) => schema.safeParse(value).success)
}

/** Values for what is made of others, the one to be preferred first; undefined for a leaf. */
function composed(definition: Definition, choose: Choose, path: string): Found[] | undefined {
  const inner = (schema: z.ZodType | undefined, name = ''): Found[] => {
    const found = schema && sampleOf(schema, choose, `${path}.${name}`)
    return found ? [found] : []
  }
  const { type, shape = {}, items = [], options = [], values, entries } = definition
  switch (type) {
    case 'object':
      return [{ value: Object.fromEntries(Object.entries(shape).flatMap(([name, field]) => inner(field, name).map(({ value }) => [name, value]))) }] // prettier-ignore
    case 'array':
      return [{ value: inner(definition.element).map(({ value }) => value) }, { value: [] }]
    case 'tuple':
      return [{ value: items.flatMap((item, i) => inner(item, String(i)).map(({ value }) => value)) }]
    case 'record':
      return [{ value: Object.fromEntries(inner(definition.keyType, 'key').flatMap(({ value: key }) => inner(definition.valueType).map(({ value }) => [key as string, value]))) }, { value: {} }] // prettier-ignore
    case 'union':
      return rotated(options, choose(path, Math.max(1, options.length))).flatMap((option) => inner(option))
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'catch':
    case 'nonoptional':
      return inner(definition.innerType)
    case 'pipe':
      return inner(definition.in)
    case 'enum':
      return oneOf(Object.values(entries ?? {}), choose, path)
    case 'literal':
      return oneOf(values ?? [], choose, path)
    default:
      return undefined
  }
}

const rotated = <Value>(all: readonly Value[], by: number): Value[] => [...all.slice(by), ...all.slice(0, by)]

const oneOf = (all: readonly unknown[], choose: Choose, path: string): Found[] =>
  all.length === 0 ? [] : [{ value: all[choose(path, all.length)] }]
