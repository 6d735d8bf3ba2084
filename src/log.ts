/** The most important first. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
export type LogFields = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>
>

/**
 * Where a log goes: one call, one event. `event` is a stable name in lower case with dashes; what varies is in `fields`.
 * It must not throw and must not block.
 */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void

export const noLog: Log = () => undefined

/** The same log, with these fields in every event. */
export const logWith =
  (log: Log, common: LogFields): Log =>
  (level, event, fields) =>
    log(level, event, { ...common, ...fields })

/** One log that goes to several places. */
export const allOf =
  (...logs: readonly Log[]): Log =>
  (level, event, fields) => {
    for (const log of logs) log(level, event, fields)
  }

/** The same log without what is less important than `least`. */
export const upTo = (least: LogLevel, log: Log): Log => {
  const shown = new Set<LogLevel>(logLevels.slice(0, logLevels.indexOf(least) + 1))
  return (level, event, fields) => {
    if (shown.has(level)) log(level, event, fields)
  }
}
