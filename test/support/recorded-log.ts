import type { Log, LogFields, LogLevel } from '../../src/log.ts'

export interface LogEntry extends LogFields {
  readonly level: LogLevel
  readonly event: string
}

/** A log that a test reads: one value for each event, its fields beside its name. */
export function recordedLog(): { log: Log; entries: LogEntry[] } {
  const entries: LogEntry[] = []
  return { log: (level, event, fields) => entries.push({ level, event, ...fields }), entries }
}
