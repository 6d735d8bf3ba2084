import { textOf } from '../dead-letters/dead-letter.ts'
import type { TailRecord } from '../monitor/model.ts'

const MOST_TEXT = 600

/** What a page gets of a record: text where it is text, cut where it is long. */
export function shownRecord(
  topic: string,
  partition: number,
  {
    offset,
    timestampMs,
    key,
    value,
  }: { offset: number; timestampMs: number; key: Buffer | null; value: Buffer | null },
): TailRecord {
  return { topic, partition, offset, atMs: timestampMs < 0 ? null : timestampMs, key: shown(key), value: shown(value) }
}

function shown(bytes: Buffer | null): string | null {
  if (bytes === null) return null
  const text = textOf(bytes) ?? `hex ${bytes.subarray(0, MOST_TEXT / 2).toString('hex')}`
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text
}
