import { formatTimestamp } from '../../pipeline/time.ts'
import type { RecordCursor, RecordHeader } from '../../kafka/wire/record-set.ts'
import type { Header } from '../../kafka/wire/record-buffer.ts'

/** Where a record was first read, however often it was handed on since. */
export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** ms since 1970 */
  readonly timestamp: number
  readonly key: Buffer | null
  /** How often `dead-letters replay` has handed the record to a worker's inbox. */
  readonly replays: number
}

const prefix = 'payflow.'
const names = { topic: 'payflow.topic', partition: 'payflow.partition', offset: 'payflow.offset', timestamp: 'payflow.timestamp', key: 'payflow.key', replays: 'payflow.replays' } // prettier-ignore

/** A record handed on carries its origin in headers; any other is its own. */
export function originOf(cursor: RecordCursor, at: { topic: string; partition: number; isInbox: boolean }): Origin {
  const own = {
    topic: at.topic,
    partition: at.partition,
    offset: cursor.offset,
    timestamp: cursor.timestamp,
    key: cursor.key(),
    replays: 0,
  }
  if (!at.isInbox) return own
  const headers = cursor.headers()
  const text = (name: string): string | undefined => headers.find(({ key }) => key === name)?.value?.toString()
  const key = headers.find((header) => header.key === names.key)
  return {
    topic: text(names.topic) ?? own.topic,
    partition: Number(text(names.partition) ?? own.partition),
    offset: Number(text(names.offset) ?? own.offset),
    timestamp: Date.parse(text(names.timestamp) ?? '') || own.timestamp,
    key: key ? key.value : own.key,
    replays: Number(text(names.replays) ?? 0) || 0,
  }
}

/** The record's own headers, and where it came from. `payflow.key` is there when the record gets another key. */
export function originHeaders(own: readonly RecordHeader[], origin: Origin, keepKey: boolean): Header[] {
  return [
    ...own.filter(({ key }) => !key.startsWith(prefix)),
    { key: names.topic, value: origin.topic },
    { key: names.partition, value: String(origin.partition) },
    { key: names.offset, value: String(origin.offset) },
    { key: names.timestamp, value: formatTimestamp(Math.max(0, origin.timestamp)) },
    ...(keepKey ? [{ key: names.key, value: origin.key }] : []),
    ...(origin.replays > 0 ? [{ key: names.replays, value: String(origin.replays) }] : []),
  ]
}
