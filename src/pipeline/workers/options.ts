import { shown } from '../codec/fields.ts'
import { parseMoney, type Cents } from '../money.ts'
import { parseDuration } from '../time.ts'
import type { WorkerOption } from '../worker/option-specs.ts'

interface Described {
  readonly flag: string
  readonly description: string
  readonly default: string
}

/** An option whose `read` gives undefined for what is not allowed, and `allowed` says what is. */
function option<Value>(read: (text: string) => Value | undefined, allowed: string) {
  return (described: Described): WorkerOption<Value> => ({
    ...described,
    parse: (text) => {
      const value = read(text)
      if (value === undefined) throw new Error(`expected ${allowed}, not ${shown(text)}`)
      return value
    },
  })
}

function parseCount(text: string): number | undefined {
  const count = /^\d+$/.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(count) ? count : undefined
}

export const amountOption = option<Cents>(parseMoney, 'an amount such as 500 or 499.99')
export const countOption = option(parseCount, 'a whole number such as 3')
export const durationOption = option(parseDuration, 'a duration such as 30s, 10m or 1h')

/** A century. Sixty times as many ms are still an exact number, and so are all the steps of a window. */
const MAX_WINDOW_MS = 36_525 * 86_400_000
const MIN_WINDOW_MS = 60

function parseWindow(text: string): number | undefined {
  if (text === 'all') return Infinity
  const ms = parseDuration(text)
  return ms !== undefined && ms >= MIN_WINDOW_MS && ms <= MAX_WINDOW_MS ? ms : undefined
}

/** A window in ms; `all` is Infinity. */
export const windowOption = option(parseWindow, 'a duration from 60ms to 36525d such as 10m, or all')
