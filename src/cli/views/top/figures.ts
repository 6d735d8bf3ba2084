import { formatNumber } from '../../shell/format-number.ts'

/** A count in seven characters at most: `99,999`, `123k`, `12.3M`. */
export function shortNumber(value: number): string {
  const whole = Math.round(value)
  if (Math.abs(whole) < 100_000) return formatNumber(whole)
  const [divisor, unit] = whole < 999_500 ? [1e3, 'k'] : whole < 999_500_000 ? [1e6, 'M'] : [1e9, 'G']
  const scaled = whole / divisor
  return `${scaled < 10 ? scaled.toFixed(2) : scaled < 100 ? scaled.toFixed(1) : scaled.toFixed(0)}${unit}`
}

/** Time in six characters at most: `0.3 s`, `14 s`, `3 min`, `2 h`, `4 d`. */
export function shortTime(seconds: number): string {
  if (seconds < 9.95) return seconds === 0 ? '0 s' : `${seconds.toFixed(1)} s`
  if (seconds < 119.5) return `${Math.round(seconds)} s`
  if (seconds < 7_170) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

export const percent = (share: number): string => `${Math.round(share * 100)}%`

/** `12:03:04`, as clocks of this machine show it. */
export function clockText(atMs: number): string {
  const at = new Date(atMs)
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}
