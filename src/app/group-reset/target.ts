import { usage } from '../../settings/refuse.ts'
import { parseDuration, parseTimestamp } from '../../pipeline/time.ts'

/** Where a group is to stand. `time`: at the first record of that time or later, in ms since 1970. `shift`: so many offsets on from where it is. */
export type ResetTarget =
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'shift'; readonly by: number }

const ALLOWED =
  'allowed: start, end, an offset, +N, -N, @TIME with an ISO-8601 time and its zone, or @-10m for a time ago'

/** Reads what `--to` says; `nowMs` is what times ago are counted from. @throws PayflowError (usage) that says what is allowed */
export function readTarget(text: string, nowMs: number): ResetTarget {
  const target = parse(text, nowMs)
  if (!target) throw usage('USAGE', `--to is "${text}"`, ALLOWED)
  return target
}

function parse(text: string, nowMs: number): ResetTarget | undefined {
  if (text === 'start' || text === 'end') return { kind: text }
  const number = Number(text)
  if (/^\d+$/.test(text)) return Number.isSafeInteger(number) ? { kind: 'offset', offset: number } : undefined
  if (/^[+-]\d+$/.test(text)) return Number.isSafeInteger(number) ? { kind: 'shift', by: number } : undefined
  if (text.startsWith('@-')) {
    const ago = parseDuration(text.slice(2))
    return ago === undefined ? undefined : { kind: 'time', ms: nowMs - ago }
  }
  const ms = text.startsWith('@') ? parseTimestamp(text.slice(1)) : undefined
  return ms === undefined ? undefined : { kind: 'time', ms }
}
