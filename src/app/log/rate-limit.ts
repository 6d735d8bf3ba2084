import type { Log, LogFields, LogLevel } from '../../log.ts'

/** So many of the same fault are written within one window. */
const BURST = 5
const WINDOW_MS = 10_000

interface Repeated {
  count: number
  /** The last one that was not written. */
  last: { level: LogLevel; event: string; fields: LogFields } | undefined
  leftOut: number
  readonly timer: NodeJS.Timeout
}

/** What makes a fault the same: what, where, and why. */
const keyOf = (event: string, { worker, partition, topic, of, code, error }: LogFields): string =>
  JSON.stringify([event, worker, partition, topic, of, code ?? error])

const isFault = (level: LogLevel, fields: LogFields): boolean =>
  level === 'error' || level === 'warn' || fields.error !== undefined

/**
 * The same log, in which a fault that repeats is written a few times and then once in a while: `leftOut` in its last entry says how many
 * were not. `flush` writes those at once, for the end of a process.
 */
export function rateLimited(
  log: Log,
  { burst = BURST, windowMs = WINDOW_MS }: { burst?: number; windowMs?: number } = {},
): { log: Log; flush: () => void } {
  const faults = new Map<string, Repeated>()
  const end = (key: string): void => {
    const { last, leftOut, timer } = faults.get(key)!
    clearTimeout(timer)
    faults.delete(key)
    if (last) log(last.level, last.event, { ...last.fields, ...(leftOut > 0 && { leftOut }) })
  }
  const limited: Log = (level, event, fields = {}) => {
    if (!isFault(level, fields)) {
      log(level, event, fields)
      return
    }
    const key = keyOf(event, fields)
    const known = faults.get(key)
    if (!known) {
      faults.set(key, { count: 1, last: undefined, leftOut: 0, timer: setTimeout(end, windowMs, key).unref() })
      log(level, event, fields)
    } else if (known.count < burst) {
      known.count++
      log(level, event, fields)
    } else {
      if (known.last) known.leftOut++
      known.last = { level, event, fields }
    }
  }
  return { log: limited, flush: () => [...faults.keys()].forEach(end) }
}
