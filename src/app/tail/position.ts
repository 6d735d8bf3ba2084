import { parseDuration, parseTimestamp } from '../../pipeline/time.ts'

/** Where to begin. `newest`: so many records before the end, of each partition. Times in ms since 1970. */
export type From =
  | { readonly at: 'start' | 'end' }
  | { readonly at: 'offset'; readonly offset: number }
  | { readonly at: 'newest'; readonly count: number }
  | { readonly at: 'time'; readonly ms: number }

/** Where to stop: before this offset, or before the first record of this time. `end`: at what is there now. */
export type To = Exclude<From, { at: 'newest' }> & { at: 'end' | 'offset' | 'time' }

export const FROM_ALLOWED = 'start, end, an offset, -N (the newest N of each partition), @TIME'
export const TO_ALLOWED = 'end, an offset (which is not shown any more), @TIME'
export const TIME_ALLOWED = 'TIME is 2026-07-01, 2026-07-01T10:00 (UTC), a time with a zone, -10m, or ms since 1970'

/** Undefined when the text is none of `FROM_ALLOWED`. `nowMs`: what relative times count from. */
export function parseFrom(text: string, nowMs: number): From | undefined {
  if (text === 'start' || text === 'end') return { at: text }
  const [, newest] = /^-(\d{1,9})$/.exec(text) ?? []
  if (newest !== undefined) return Number(newest) > 0 ? { at: 'newest', count: Number(newest) } : { at: 'end' }
  return parsePlace(text, nowMs)
}

/** Undefined when the text is none of `TO_ALLOWED`. */
export const parseTo = (text: string, nowMs: number): To | undefined =>
  text === 'end' ? { at: 'end' } : parsePlace(text, nowMs)

function parsePlace(
  text: string,
  nowMs: number,
): { at: 'offset'; offset: number } | { at: 'time'; ms: number } | undefined {
  if (/^\d{1,15}$/.test(text)) return { at: 'offset', offset: Number(text) }
  if (!text.startsWith('@')) return undefined
  const ms = parseTime(text.slice(1), nowMs)
  return ms === undefined ? undefined : { at: 'time', ms }
}

const LEAST_MS_DIGITS = 12

/** ms since 1970 of a time as people type it; undefined when it is none. A time without a zone is UTC, as all times that payflow shows. */
export function parseTime(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs
  const [, sign, span = ''] = /^([-+])(.*)$/.exec(text) ?? []
  if (sign !== undefined) {
    const ms = parseDuration(span)
    return ms === undefined ? undefined : sign === '-' ? nowMs - ms : nowMs + ms
  }
  if (/^\d{9,15}$/.test(text)) return Number(text) * (text.length < LEAST_MS_DIGITS ? 1000 : 1)
  return parseTimestamp(text) ?? parseTimestamp(`${text}Z`) ?? parseTimestamp(`${text}T00:00Z`)
}
