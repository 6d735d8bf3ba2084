import { durationText } from '../../duration-text.ts'

/** What is not known is not 0. */
export const UNKNOWN = '–'

export const count = (value: number | null): string => (value === null ? UNKNOWN : value.toLocaleString('en'))

/** For where there is little room: to a tenth of a thousand, or million, where it is long. */
export const short = (value: number): string =>
  value < 100_000 ? count(value) : value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 })

export const rate = (perSecond: number | null): string => {
  if (perSecond === null) return UNKNOWN
  const digits = perSecond < 10 && perSecond > 0 ? 1 : 0
  return `${perSecond.toLocaleString('en', { maximumFractionDigits: digits })}/s`
}

/** Whole cents, to the cent. */
export function money(cents: number | null): string {
  if (cents === null) return UNKNOWN
  const rest = Math.abs(cents) % 100
  const whole = (Math.abs(cents) - rest) / 100
  return `${cents < 0 ? '−' : ''}${whole.toLocaleString('en')}.${String(rest).padStart(2, '0')}`
}

export const seconds = (value: number | null): string =>
  value === null ? UNKNOWN : value < 10 ? `${value.toFixed(1)} s` : durationText(value)

export const ms = (value: number | null): string =>
  value === null ? UNKNOWN : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`

const two = (value: number): string => String(value).padStart(2, '0')

/** The reader's own time of day. */
export function clock(atMs: number): string {
  const at = new Date(atMs)
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** How long ago, for what may be long ago. */
export const ago = (ms: number): string => (ms < 1500 ? 'just now' : `${durationText(ms / 1000)} ago`)
