import { isUtf8 } from 'node:buffer'
import type { LogRecord } from '../../kafka/merged-read.ts'
import { readCut, readOrigin, readRefusal, readReset, type Origin } from '../../pipeline/worker/origin-headers.ts'

/** A record that a worker refused, as `dead_letters` holds it. */
export interface DeadLetter {
  /** `<partition>:<offset>` in `dead_letters`. */
  readonly id: string
  readonly worker: string
  readonly reason: string
  /** When it was refused, in ms since 1970. */
  readonly refusedAtMs: number
  readonly origin: Origin
  readonly record: LogRecord
}

/** Which dead letters are meant; what is absent does not matter. */
export interface LetterFilter {
  readonly worker?: string
  /** The topic that the record came from. */
  readonly topic?: string
  /** Part of the reason, in any case. */
  readonly reason?: string
}

/** Where a dead letter, or a record that was handed to an inbox, was first read. Undefined when its headers do not say. */
export const originIn = ({ headers, timestampMs, key }: LogRecord): Origin | undefined =>
  readOrigin(headers, { timestamp: timestampMs, key })

/** What is missing of a dead letter that was too large to be kept whole, as `payflow.cut` says it. */
export const cutIn = ({ headers }: LogRecord): string | undefined => readCut(headers)

/** Undefined for a record that no worker put there. */
export function deadLetterOf(record: LogRecord): DeadLetter | undefined {
  const [refusal, origin] = [readRefusal(record.headers), originIn(record)]
  if (!refusal || !origin) return undefined
  return { id: `${record.partition}:${record.offset}`, ...refusal, refusedAtMs: record.timestampMs, origin, record }
}

/** The worker whose dead letters before this record are void. */
export const resetIn = ({ headers }: LogRecord): string | undefined => readReset(headers)

export function matches({ worker, reason, origin }: DeadLetter, filter: LetterFilter): boolean {
  if (filter.worker !== undefined && filter.worker !== worker) return false
  if (filter.topic !== undefined && filter.topic !== origin.topic) return false
  return filter.reason === undefined || reason.toLowerCase().includes(filter.reason.toLowerCase())
}

/** The same record of the same worker, however often it was refused. */
export const originIdOf = (worker: string, { topic, partition, offset }: Origin): string =>
  `${worker} ${topic}/${partition}/${offset}`

/** A reason without the value that it quotes, so that reasons can be counted. */
export function reasonKind(reason: string): string {
  return reason
    .replace(/, not ("(?:[^"\\]|\\.)*"|\S+|an? \w+)$/s, '')
    .replace(/^(the value is not JSON): .*$/s, '$1')
    .replaceAll(/\b\d+(?:\.\d+)?(?= characters\b)/g, 'N')
    .replace(/\bof user \d+\b/, 'of user N')
}

/** Text, or undefined for bytes that are none. */
export const textOf = (bytes: Buffer | null): string | undefined =>
  bytes !== null && isUtf8(bytes) ? bytes.toString() : undefined
