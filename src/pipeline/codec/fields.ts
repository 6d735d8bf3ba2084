import { z } from 'zod'
import { MAX_CENTS, centsOf, moneyText, type Cents } from '../money.ts'
import { scanChoice, scanInteger, scanMoney, scanNullable, scanText, scanTime, type Scan } from './plain.ts'
import { scanUuid } from './scan-uuid.ts'
import { formatTimestamp, parseTimestamp } from '../time.ts'

/** One field of a wire object: how it is read into memory, written back, and described to a person. */
export interface Field<Value> {
  /** Undefined when the value is not of this kind. */
  readonly read: (value: unknown) => Value | undefined
  /** Reads what `read` reads, from the bytes of its plain form; absent when there is none. */
  readonly scan?: Scan<Value>
  /** Why `read` refused it, in one sentence that begins with the field's name. */
  refusal(name: string, value: unknown): string
  /** The value as JSON text. */
  json(value: Value): string
  /** The same kind for the edges of the program: what a wire value must be, not what it becomes. */
  readonly schema: z.ZodType
  /** Whether it holds numbers of more digits than JSON.parse keeps: they are given to `read` as text then. */
  readonly wide?: boolean
  /** Whether it is a time, in ms since 1970 in memory. */
  readonly isTime?: boolean
}

const MAX_SHOWN = 60

/** A refused value in a sentence. Never long, whatever it is. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value)
}

export const mustBe = (kind: string) => (name: string, value: unknown) => `${name} must be ${kind}, not ${shown(value)}`

/** Text that JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text))

export function text(): Field<string> {
  return {
    read: (value) => (typeof value === 'string' ? value : undefined),
    scan: scanText,
    refusal: mustBe('text'),
    json: quoted,
    schema: z.string(),
  }
}

/** The text of a constant list, and nothing else. */
export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Field<Choice> {
  const known = new Map<unknown, Choice>(choices.map((choice) => [choice, choice]))
  const json = new Map(choices.map((choice) => [choice, JSON.stringify(choice)]))
  const kind = choices.length === 1 ? choices[0]! : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)!}`
  return {
    read: (value) => known.get(value),
    scan: scanChoice(choices),
    refusal: mustBe(kind),
    json: (choice) => json.get(choice) ?? JSON.stringify(choice),
    schema: z.enum(choices),
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The text of a UUID, of any version. Its case does not count: in memory, and in what is written, it is lower-case. */
export function uuid(): Field<string> {
  return {
    read: (value) => (typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : undefined),
    scan: scanUuid,
    refusal: mustBe('a UUID'),
    json: (id) => `"${id}"`,
    schema: z.string().regex(UUID),
  }
}

export function integer(min: number): Field<number> {
  const max = Number.MAX_SAFE_INTEGER
  return {
    // adding 0 makes 0 of -0
    read: (value) => (Number.isSafeInteger(value) && (value as number) >= min ? (value as number) + 0 : undefined),
    scan: scanInteger(min),
    refusal: (name, value) => {
      const tooLarge = Number.isInteger(value) && (value as number) > max
      return mustBe(tooLarge ? `at most ${max}` : `an integer of at least ${min}`)(name, value)
    },
    json: String,
    schema: z.int().min(min),
  }
}

function moneyKind(value: unknown): string {
  if (typeof value === 'number' && value < 0) return 'at least 0'
  if (typeof value === 'number' && value > MAX_CENTS / 100) return `at most ${moneyText(MAX_CENTS)}`
  return 'a number with at most two decimals'
}

/** A JSON number of at least 0 with at most two decimals; cents in memory. */
export function money(): Field<Cents> {
  return {
    read: (value) => (typeof value === 'number' ? centsOf(value) : undefined),
    scan: scanMoney,
    refusal: (name, value) => mustBe(moneyKind(value))(name, value),
    json: moneyText,
    schema: z
      .number()
      .max(MAX_CENTS / 100)
      .refine((value) => /^\d+(\.\d\d?)?$/.test(String(value))),
  }
}

/** ISO-8601 text; ms since 1970 in memory. */
export function time(): Field<number> {
  return {
    read: (value) => (typeof value === 'string' ? parseTimestamp(value) : undefined),
    scan: scanTime,
    refusal: mustBe('a time with a zone, such as 2024-05-01T12:30:00Z'),
    json: (ms) => `"${formatTimestamp(ms)}"`,
    schema: z.string().refine((value) => parseTimestamp(value) !== undefined),
    isTime: true,
  }
}

/** May be null, or missing altogether; null in memory then. */
export function nullable<Value>(field: Field<Value>): Field<Value | null> {
  return {
    read: (value) => (value === null || value === undefined ? null : field.read(value)),
    ...(field.scan && { scan: scanNullable(field.scan) }),
    ...(field.wide && { wide: true }),
    refusal: (name, value) => field.refusal(name, value),
    json: (value) => (value === null ? 'null' : field.json(value)),
    schema: field.schema.nullish(),
  }
}
