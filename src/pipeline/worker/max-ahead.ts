import { formatTimestamp, parseDuration } from '../time.ts'
import type { TopicSpec } from '../events/topics.ts'
import type { AnyWorker } from './definition.ts'
import type { OptionSpecs, WorkerOption } from './option-specs.ts'

const DAY_MS = 86_400_000
/** A record's time before this (2001, before there was a Kafka) is none, or was written in seconds: nothing follows from it. */
const LEAST_RECORD_MS = 1e12

/** The option that every worker has, and what `payflow produce` keeps to by giving records that lie further ahead the time of their events. */
export const DEFAULT_MAX_AHEAD_MS = DAY_MS

/** How far ahead of its record's own time an event may lie, in ms; Infinity for `all`. */
export const maxAheadOption: WorkerOption<number> = {
  flag: '--max-ahead <duration>',
  description: "how far an event may lie ahead of its record's own time before it is a dead letter: a duration, or all",
  default: '1d',
  parse: (text) => {
    const ms = text === 'all' ? Infinity : parseDuration(text)
    if (ms === undefined)
      throw new Error(`expected a duration such as 30s, 10m or 1d, or all, not ${JSON.stringify(text)}`)
    return ms
  },
}

/** The options of a worker as its command line takes them: its own, and those that every worker has. */
export const allOptions = ({ options }: AnyWorker): OptionSpecs => ({ ...options, maxAhead: maxAheadOption })

/** Infinity when the options come from somewhere else than a command line. */
export const maxAheadOf = (options: unknown): number =>
  (options as { readonly maxAhead?: number } | undefined)?.maxAhead ?? Infinity

/**
 * Why an event lies too far ahead of its record, if it does: event time never goes back, so a single event of the year 2099 would let every timer
 * of its partition fire. `recordMs`: when the record was written, where it was first read; -1 when it has no time.
 */
export function refusedAsAhead(
  { shape, derived = false }: TopicSpec,
  timeMs: number | undefined,
  recordMs: number,
  maxAheadMs: number,
): string | undefined {
  if (timeMs === undefined || !(timeMs - recordMs > maxAheadMs) || recordMs < LEAST_RECORD_MS || derived)
    return undefined
  const what = Object.hasOwn(shape.fields, 'timestamp') ? 'timestamp' : 'its time'
  return `${what} must be at most ${durationText(maxAheadMs)} (--max-ahead) after the record's own time, not ${formatTimestamp(timeMs)}`
}

function durationText(ms: number): string {
  const [unit, worth] = ([['d', DAY_MS], ['h', 3_600_000], ['m', 60_000], ['s', 1_000]] as const).find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1] // prettier-ignore
  return `${ms / worth}${unit}`
}
