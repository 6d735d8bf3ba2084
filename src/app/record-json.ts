import { isUtf8 } from 'node:buffer'
import { didYouMean } from '../did-you-mean.ts'
import type { RecordHeader } from '../kafka/records.ts'
import { MAX_TIME_MS, MIN_TIME_MS, formatTimestamp, parseTimestamp } from '../pipeline/time.ts'

/** Bytes as JSON holds them: text where they are UTF-8, so that nothing is lost where they are not. */
export type JsonBytes = string | null | { readonly base64: string }

export function bytesInJson(bytes: Buffer | null): JsonBytes {
  if (bytes === null) return null
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') }
}

/** One record as a line of JSON holds it: what `tail --json` writes and `produce --from-file` reads. */
export interface JsonRecord {
  readonly topic: string
  readonly partition?: number
  readonly offset?: number
  /** ISO-8601; ms since 1970 for a year that this cannot say; null for a record that has none. */
  readonly timestamp?: string | number | null
  readonly key: JsonBytes
  readonly value: JsonBytes
  readonly headers: readonly { readonly key: string; readonly value: JsonBytes }[]
}

/** What is known of a record that is to be written. */
export interface RecordToWrite {
  readonly topic: string | undefined
  readonly partition: number | undefined
  /** ms since 1970, -1 for none; undefined: when it is written. */
  readonly timestampMs: number | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

const NO_TIMESTAMP = -1
/** Half of a character: pairs are whole ones in this mode. */
const LONE_SURROGATE = /\p{Surrogate}/u

export function timeInJson(ms: number): string | number | null {
  if (ms === NO_TIMESTAMP) return null
  return ms >= MIN_TIME_MS && ms <= MAX_TIME_MS ? formatTimestamp(ms) : ms
}

const fields = ['topic', 'partition', 'offset', 'timestamp', 'key', 'value', 'headers']

/** Reads a line that `tail --json` wrote, or somebody by hand: all but the value may be left out. @throws Error whose message says what is wrong with it */
export function parseRecord(line: string): RecordToWrite {
  const record = objectIn(line)
  for (const name of Object.keys(record))
    if (!fields.includes(name)) throw new Error(`unknown field "${name}": ${didYouMean(name, fields)}`)
  if (!('value' in record)) throw new Error('value is missing; null is a tombstone')
  const { topic, partition, timestamp } = record
  if (topic !== undefined && (typeof topic !== 'string' || topic === '')) throw new Error('topic must be text')
  if (partition !== undefined && !isCount(partition)) throw new Error('partition must be a whole number from 0')
  return {
    topic,
    partition,
    timestampMs: timestamp === undefined ? undefined : timestampIn(timestamp),
    key: bytesIn('key', record['key'] ?? null),
    value: bytesIn('value', record['value']),
    headers: headersIn(record['headers'] ?? []),
  }
}

function objectIn(line: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    throw new Error('it is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('it is not a JSON object')
  return parsed as Record<string, unknown>
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function timestampIn(value: unknown): number {
  if (value === null) return NO_TIMESTAMP
  const ms = typeof value === 'string' ? parseTimestamp(value) : value
  if (typeof ms === 'number' && Number.isSafeInteger(ms)) return ms
  throw new Error('timestamp must be an ISO-8601 time with a zone, ms since 1970, or null')
}

function bytesIn(name: string, value: unknown): Buffer | null {
  if (value === null) return null
  if (typeof value === 'string') {
    if (!LONE_SURROGATE.test(value)) return Buffer.from(value)
    throw new Error(`${name} holds half a character (a lone surrogate), which has no bytes`)
  }
  if (typeof value === 'object' && 'base64' in value && Object.keys(value).length === 1)
    return base64In(name, value.base64)
  throw new Error(`${name} must be text, null or {"base64": …}; JSON in it is written as text`)
}

function base64In(name: string, text: unknown): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined
  // Buffer reads what it can and leaves the rest out
  if (bytes?.toString('base64') === text) return bytes!
  throw new Error(`${name} is not base64 with its padding`)
}

/** In their order, of which a name may stand several times; an object is taken too. */
function headersIn(headers: unknown): RecordHeader[] {
  if (typeof headers !== 'object' || headers === null) throw new Error('headers must be a list of {"key", "value"}')
  if (!Array.isArray(headers))
    return Object.entries(headers).map(([key, value]) => ({ key, value: bytesIn(`header ${key}`, value) }))
  return headers.map((header: unknown): RecordHeader => {
    if (typeof header !== 'object' || header === null || !('key' in header) || typeof header.key !== 'string')
      throw new Error('headers must be a list of {"key", "value"}')
    return { key: header.key, value: bytesIn(`header ${header.key}`, 'value' in header ? header.value : null) }
  })
}
