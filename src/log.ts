export type LogLevel = 'error' | 'warn' | 'info' | 'debug'
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
