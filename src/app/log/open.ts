import { PayflowError, messageOf } from '../../errors.ts'
import { noLog, upTo, type Log, type LogLevel } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'
import { LogFile, type LogFileOptions } from './file.ts'
import { formatLine, type LogFormat } from './line.ts'
import { rateLimited } from './rate-limit.ts'

export interface OpenLog {
  readonly log: Log
  /** Writes what is held back. */
  readonly close: () => void
}

type LogSettings = Pick<Settings, 'logLevel' | 'logFormat' | 'logFile' | 'logFileKb' | 'origins'>

/** Whether somebody asked for a log on stderr: they named its level or format, and no file. */
export const logsToStderr = ({ logFile, origins }: LogSettings): boolean =>
  logFile === undefined && (origins.logLevel.kind !== 'default' || origins.logFormat.kind !== 'default')

/** The level that was named, or else what `--verbose` asks for. */
const levelOf = ({ logLevel, origins }: LogSettings, verbose: boolean): LogLevel =>
  verbose && origins.logLevel.kind === 'default' ? 'debug' : logLevel

/** The log that was asked for; none where nobody asked. @throws PayflowError (usage) when the file cannot be opened */
export function openLog(
  settings: LogSettings,
  { verbose, stderr }: { verbose: boolean; stderr: (line: string) => void },
): OpenLog {
  const { logFile, logFileKb, logFormat } = settings
  const level = levelOf(settings, verbose)
  if (logFile !== undefined) return toFile(logFile, { level, format: logFormat, ...(logFileKb > 0 && { maxBytes: logFileKb * 1000 }) }) // prettier-ignore
  if (!logsToStderr(settings)) return { log: noLog, close: () => undefined }
  return written({ level, format: logFormat }, stderr)
}

/** A log in a file. @throws PayflowError (usage) when it cannot be opened */
function toFile(
  path: string,
  { level, format, ...options }: LogFileOptions & { level: LogLevel; format: LogFormat },
): OpenLog {
  const file = opened(path, options)
  const { log, close } = written({ level, format }, (line) => file.write(line))
  return {
    log,
    close: () => {
      close()
      file.close()
    },
  }
}

function opened(path: string, options: LogFileOptions): LogFile {
  try {
    return new LogFile(path, options)
  } catch (cause) {
    throw new PayflowError('LOG_UNWRITABLE', `The log cannot be written: ${messageOf(cause)}`, {
      kind: 'usage',
      hint: 'name a file in a directory that you may write to with --log-file',
      cause,
    })
  }
}

function written({ level, format }: { level: LogLevel; format: LogFormat }, write: (line: string) => void): OpenLog {
  const { log, flush } = rateLimited((at, event, fields = {}) =>
    write(formatLine(format, { timeMs: Date.now(), level: at, event, fields })),
  )
  return { log: upTo(level, log), close: flush }
}

/** A log that is kept without being asked for; undefined where it cannot be written. */
export function keptLog(
  path: string,
  settings: LogSettings,
  { verbose, maxKb }: { verbose: boolean; maxKb: number },
): OpenLog | undefined {
  try {
    return toFile(path, { level: levelOf(settings, verbose), format: settings.logFormat, maxBytes: maxKb * 1000 })
  } catch {
    return undefined // who keeps it says so
  }
}
