import type { Fits } from './execution-options.ts'

/** A broker takes 1 MiB of record batch by default (message.max.bytes 1048588), 61 bytes of it header. */
const MAX_RECORD_BYTES = 1_048_588 - 61
/** Record length, attributes, timestamp delta, offset delta, key length, value length and number of headers, at most. */
const MOST_AROUND = 26

/** Whether one record takes more than `limit` bytes of a record batch, whatever else is in it. Its lengths may count for more than they are. */
export function isTooLarge(key: string | null, value: string, limit = MAX_RECORD_BYTES): boolean {
  // At most 3 bytes a UTF-16 unit, so that most records need no exact look.
  if (MOST_AROUND + 3 * ((key?.length ?? 0) + value.length) <= limit) return false
  return MOST_AROUND + Buffer.byteLength(key ?? '') + Buffer.byteLength(value) > limit
}

/** What holds where nobody says otherwise. */
export const fitsByDefault: Fits = (_, key, value) => !isTooLarge(key, value)

/** Why an event is refused that does not fit. */
export const tooLarge = (topic: string, value: string): string =>
  `its ${topic} event would have ${value.length} characters, more than a record may have`
