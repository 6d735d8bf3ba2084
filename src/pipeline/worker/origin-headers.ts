import { MAX_TIME_MS, formatTimestamp, parseTimestamp } from '../time.ts'

/** A header as a record has it. */
export interface HeaderRead {
  readonly key: string
  readonly value: Buffer | null
}

/** A header to be written. */
interface HeaderToWrite {
  readonly key: string
  readonly value: Buffer | string | null
}

/** Where a record was first read, however often it was handed on since. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** ms since 1970; -1 when the record had no time. */
  readonly timestamp: number
  readonly key: Buffer | null
  /** How often `dead-letters replay` has handed the record to a worker's inbox. */
  readonly replays: number
}

/** Why a record was refused, and by which worker. */
export interface Refusal {
  readonly worker: string
  readonly reason: string
}

const PREFIX = 'payflow.'
const names = {
  worker: 'payflow.worker',
  reason: 'payflow.reason',
  topic: 'payflow.topic',
  partition: 'payflow.partition',
  offset: 'payflow.offset',
  timestamp: 'payflow.timestamp',
  key: 'payflow.key',
  replays: 'payflow.replays',
  reset: 'payflow.reset',
  cut: 'payflow.cut',
} as const

const find = <Header extends HeaderToWrite>(headers: readonly Header[], name: string): Header | undefined =>
  headers.find(({ key }) => key === name)

const textOf = (headers: readonly HeaderToWrite[], name: string): string | undefined =>
  find(headers, name)?.value?.toString()

const TOPIC_NAME = /^[\w.-]{1,249}$/

/** A whole number of at least 0; NaN for anything else. */
const countOf = (text: string | undefined): number => (text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : NaN) // prettier-ignore

/** A time of a record is any number of ms: it is written as a number where no calendar has it. */
export const timeText = (ms: number): string =>
  ms >= 0 && ms <= MAX_TIME_MS ? formatTimestamp(ms) : BigInt(ms).toString()
const timeOf = (text: string): number | undefined => (/^-?\d{1,19}$/.test(text) ? Number(text) : parseTimestamp(text))

/**
 * Where a record that was handed on was first read. Undefined when its headers do not name a topic, a partition and an offset: then nobody
 * handed it on, whatever else they say. `own`: the record's own time in ms and key, which its origin has too if no header says otherwise.
 */
export function readOrigin(
  headers: readonly HeaderRead[],
  own: { readonly timestamp: number; readonly key: Buffer | null },
): Origin | undefined {
  const topic = textOf(headers, names.topic)
  const partition = countOf(textOf(headers, names.partition))
  const offset = countOf(textOf(headers, names.offset))
  // Anybody can write to an inbox, and anything: what no worker wrote counts for nothing.
  if (topic === undefined || !TOPIC_NAME.test(topic) || Number.isNaN(partition) || Number.isNaN(offset))
    return undefined
  const time = textOf(headers, names.timestamp)
  const key = find(headers, names.key)
  return {
    topic,
    partition,
    offset,
    timestamp: (time === undefined ? undefined : timeOf(time)) ?? own.timestamp,
    key: key ? key.value : own.key,
    replays: countOf(textOf(headers, names.replays)) || 0,
  }
}

/** Undefined for a record that no worker refused. */
export function readRefusal(headers: readonly HeaderToWrite[]): Refusal | undefined {
  const [worker, reason] = [textOf(headers, names.worker), textOf(headers, names.reason)]
  return worker === undefined || reason === undefined ? undefined : { worker, reason }
}

/** What is missing of a dead letter that was too large to be kept whole. */
export const readCut = (headers: readonly HeaderRead[]): string | undefined => textOf(headers, names.cut)

/** The worker whose dead letters before this record are void; undefined for a record that does not say so. */
export const readReset = (headers: readonly HeaderRead[]): string | undefined =>
  find(headers, names.reset) ? textOf(headers, names.worker) : undefined

/** The record's own headers, and where it came from. `keepKey` when the record gets another key on its way. */
export function originHeaders(own: readonly HeaderRead[], origin: Origin, keepKey: boolean): HeaderToWrite[] {
  return [
    ...own.filter(({ key }) => !key.startsWith(PREFIX)),
    { key: names.topic, value: origin.topic },
    { key: names.partition, value: String(origin.partition) },
    { key: names.offset, value: String(origin.offset) },
    { key: names.timestamp, value: timeText(origin.timestamp) },
    ...(keepKey ? [{ key: names.key, value: origin.key }] : []),
    ...(origin.replays > 0 ? [{ key: names.replays, value: String(origin.replays) }] : []),
  ]
}

/** The headers of a dead letter: who refused it and why, then as `originHeaders`. */
export const refusalHeaders = ({ worker, reason }: Refusal, own: readonly HeaderRead[], origin: Origin): HeaderToWrite[] => [
  { key: names.worker, value: worker },
  { key: names.reason, value: reason },
  ...originHeaders(own, origin, false),
] // prettier-ignore

/** The headers of the record that makes a worker's dead letters before it void. `atMs`: when, for people. */
export const resetHeaders = (worker: string, atMs: number): HeaderToWrite[] => [
  { key: names.worker, value: worker },
  { key: names.reset, value: formatTimestamp(atMs) },
]
