import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { PayflowError } from '../errors.ts'
import type { LogRecord } from '../kafka/merged-read.ts'
import { formatTimestamp } from '../pipeline/time.ts'

/** Bytes as JSON holds them: text where they are UTF-8, so that nothing is lost where they are not. */
export type JsonBytes = string | null | { readonly base64: string }

export function bytesInJson(bytes: Buffer | null): JsonBytes {
  if (bytes === null) return null
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') }
}

/** A record as `tail --json` prints it and `produce --from-file` reads it. */
export interface RecordLine {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: string | null
  readonly key: JsonBytes
  readonly value: JsonBytes
  readonly headers: readonly { readonly key: string; readonly value: JsonBytes }[]
}

export function recordLine({ topic, partition, offset, timestampMs, key, value, headers }: LogRecord): RecordLine {
  return {
    ...{ topic, partition, offset },
    timestamp: timestampMs < 0 ? null : formatTimestamp(timestampMs),
    key: bytesInJson(key),
    value: bytesInJson(value),
    headers: headers.map((header) => ({ key: header.key, value: bytesInJson(header.value) })),
  }
}

/** What of a line is written again: the topic is the command's, offset and timestamp are the broker's. */
export interface GivenRecord {
  readonly topic: string | undefined
  /** Undefined: where the key says. */
  readonly partition: number | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
}

const bytes = z
  .union([z.string().transform((text) => Buffer.from(text)), z.null(), z.object({ base64: z.base64() }).transform(({ base64 }) => Buffer.from(base64, 'base64'))]) // prettier-ignore
const given = z.object({
  topic: z.string().optional(),
  partition: z.int().min(0).optional(),
  key: bytes.default(null),
  value: bytes,
  headers: z.array(z.object({ key: z.string(), value: bytes })).default([]),
})

/** @throws PayflowError (usage) that names the line, counted from 1 */
export function parseRecordLine(text: string, line: number): GivenRecord {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw refused(line, 'it is not JSON')
  }
  const result = given.safeParse(json)
  if (!result.success) {
    const { path, message } = result.error.issues[0]!
    throw refused(line, `${path.length === 0 ? 'the line' : path.join('.')}: ${message}`)
  }
  const { topic, partition, key, value, headers } = result.data
  return { topic, partition, key, value, headers }
}

const refused = (line: number, why: string): PayflowError =>
  new PayflowError('LINE_INVALID', `Line ${line} cannot be produced: ${why}`, {
    kind: 'usage',
    hint: 'write lines as `payflow tail --json` prints them: {"key":"7","value":"…","partition":0,"headers":[]}',
  })
