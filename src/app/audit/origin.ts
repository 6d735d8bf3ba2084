// Reads these headers on its own, not with pipeline/origin-headers: evidence must not come from the code that it judges.
import { fingerprint } from '../../pipeline/audit/fingerprint.ts'
import type { Place } from '../../pipeline/audit/rule.ts'
import { parseTimestamp } from '../../pipeline/time.ts'
import type { RecordHeader } from '../../kafka/records.ts'

/** Where a record that was handed on came from, as its headers say it. */
export interface Origin extends Place {
  /** How often somebody has replayed it. */
  readonly replays: number
  /** When it was written there, in ms; undefined when no header says so. */
  readonly writtenMs: number | undefined
}

const text = (headers: readonly RecordHeader[], name: string): string | undefined =>
  headers.find(({ key }) => key === `payflow.${name}`)?.value?.toString()

const NUMBER = /^\d{1,15}$/
const TOPIC = /^[\w.-]{1,249}$/

/** Undefined for a record that no worker has handed on: its headers do not name a topic, a partition and an offset. */
export function originOf(headers: readonly RecordHeader[]): Origin | undefined {
  const [topic, partition = '', offset = '', replays = ''] = ['topic', 'partition', 'offset', 'replays'].map((name) => text(headers, name)) // prettier-ignore
  if (topic === undefined || !TOPIC.test(topic) || !NUMBER.test(partition) || !NUMBER.test(offset)) return undefined
  return {
    topic,
    partition: Number(partition),
    offset: Number(offset),
    replays: NUMBER.test(replays) ? Number(replays) : 0,
    writtenMs: writtenAt(text(headers, 'timestamp')),
  }
}

/** As ISO-8601 text, or as a number of ms where no calendar has it. */
function writtenAt(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^-?\d+$/.test(text) ? Number(text) : parseTimestamp(text)
}

/** The key that a record had before it was given another one for its way through an inbox. */
export function originalKey(headers: readonly RecordHeader[], key: Buffer | null): Buffer | null {
  const kept = headers.find((header) => header.key === 'payflow.key')
  return kept ? kept.value : key
}

export const workerOf = (headers: readonly RecordHeader[]): string | undefined => text(headers, 'worker')
export const reasonOf = (headers: readonly RecordHeader[]): string => text(headers, 'reason') ?? ''

/** Whether a dead letter holds only a part of a record that was too large. */
export const isCut = (headers: readonly RecordHeader[]): boolean => text(headers, 'cut') !== undefined

export const placeText = ({ topic, partition, offset }: Place): string => `${topic}/${partition} at offset ${offset}`

/** The same bytes from the same place, as a number. */
export function copyIdentity(place: Place, key: Buffer | null, value: Buffer | null): number {
  const bytes = (part: Buffer | null): string => (part === null ? '-' : `=${part.toString('latin1')}`)
  return fingerprint(bytes(value), fingerprint(`${placeText(place)}${bytes(key)}`) | 0)
}

/** Bytes for a person: text, cut off. */
export function shownBytes(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const shown = bytes.subarray(0, 120).toString()
  return bytes.length > 120 ? `${shown}…` : shown
}
