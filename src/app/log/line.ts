import type { LogFields, LogLevel } from '../../log.ts'

export type LogFormat = 'text' | 'json'

export interface LogEntry {
  /** ms since 1970. */
  readonly timeMs: number
  readonly level: LogLevel
  readonly event: string
  readonly fields: LogFields
}

/** One entry as one line, without its end: `time level event worker partition …`, or an object with the same names. */
export const formatLine = (format: LogFormat, entry: LogEntry): string =>
  format === 'json' ? jsonLine(entry) : textLine(entry)

function jsonLine({ timeMs, level, event, fields }: LogEntry): string {
  const own = { time: new Date(timeMs).toISOString(), level, event }
  // twice: they come first, and no field takes their place
  return JSON.stringify({ ...own, ...fields, ...own })
}

const textLine = ({ timeMs, level, event, fields }: LogEntry): string =>
  `${new Date(timeMs).toISOString()} ${level} ${event}${fieldsText(fields)}`

/** ` name=value` for each field that has a value; what is not plain is quoted as in JSON. */
export const fieldsText = (fields: LogFields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${valueText(value)}`)
    .join('')

const valueText = (value: LogFields[string]): string =>
  typeof value === 'string' && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value)
