import { isUtf8 } from 'node:buffer'
import type { LogRecord } from '../../kafka/merged-read.ts'
import type { Origin } from '../../runtime/task/origin.ts'

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

const headerTexts = ({ headers }: LogRecord): ((name: string) => string | undefined) => {
  const texts = new Map(headers.map(({ key, value }) => [key, value?.toString()]))
  return (name) => texts.get(`payflow.${name}`)
}

/** Where a dead letter, or a record that was handed to an inbox, was first read. Undefined when its headers do not say. */
export function originIn(record: LogRecord): Origin | undefined {
  const text = headerTexts(record)
  const topic = text('topic')
  const [partition, offset] = [Number(text('partition') ?? NaN), Number(text('offset') ?? NaN)]
  if (topic === undefined || !Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) return undefined
  const timestamp = Date.parse(text('timestamp') ?? '') || record.timestampMs
  const original = record.headers.find(({ key }) => key === 'payflow.key')
  const key = original ? original.value : record.key
  return { topic, partition, offset, timestamp, key, replays: Number(text('replays') ?? 0) || 0 }
}

/** Undefined for a record that no worker put there. */
export function deadLetterOf(record: LogRecord): DeadLetter | undefined {
  const text = headerTexts(record)
  const [worker, reason, origin] = [text('worker'), text('reason'), originIn(record)]
  if (worker === undefined || reason === undefined || origin === undefined) return undefined
  const id = `${record.partition}:${record.offset}`
  return { id, worker, reason, refusedAtMs: record.timestampMs, origin, record }
}

/** The header of the records by which `worker reset` says that the worker's dead letters before them are void. */
export const RESET_HEADER = 'payflow.reset'

/** The worker whose dead letters before this record are void. */
export const resetIn = (record: LogRecord): string | undefined =>
  record.headers.some(({ key }) => key === RESET_HEADER) ? headerTexts(record)('worker') : undefined

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
