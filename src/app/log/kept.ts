import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, systemCodeOf } from '../../errors.ts'
import { noLog, type Log } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'
import { keptLog } from './open.ts'

/** All logs that are kept of processes, together. */
const MAX_KB = 50_000
/** Of these, what logs of earlier runs with other workers may have. */
const OTHERS_KB = 10_000
/** A file and the one before it. */
const FILES_EACH = 2

/** Where a run keeps its log and those of the worker processes that it starts. */
export interface KeptLogs {
  readonly directory: string
  readonly log: Log
  /** Of a worker's process. */
  readonly fileOf: (worker: string) => string
  /** What each of these files may have before it is moved to `<file>.1`. */
  readonly fileKb: number
  readonly close: () => void
}

/** `run`: the name of its own log. Where nothing can be written, nothing is kept. */
export function keepLogs(
  settings: Settings,
  { run, workers, verbose, log }: { run: string; workers: readonly string[]; verbose: boolean; log: Log },
): KeptLogs {
  const directory = join(settings.home, 'logs')
  const fileOf = (worker: string): string => join(directory, `worker-${worker}.log`)
  const own = join(directory, `${run}.log`)
  const fileKb = Math.floor((MAX_KB - OTHERS_KB) / ((workers.length + 1) * FILES_EACH))
  makeRoom(directory, [own, ...workers.map(fileOf)], log)
  const opened = keptLog(own, settings, { verbose, maxKb: fileKb })
  if (!opened) log('warn', 'logs-not-kept', { directory })
  return { directory, log: opened?.log ?? noLog, fileOf, fileKb, close: () => opened?.close() }
}

/** Logs of workers that are not of this run go, the oldest first, until there is room for those that are. */
function makeRoom(directory: string, mine: readonly string[], log: Log): void {
  const own = new Set(mine.flatMap((path) => [path, `${path}.1`]))
  const others = logsIn(directory, log).filter(({ path }) => !own.has(path))
  let kb = others.reduce((sum, { bytes }) => sum + bytes / 1000, 0)
  for (const { path, bytes } of others.sort((a, b) => a.modifiedMs - b.modifiedMs)) {
    if (kb <= OTHERS_KB) return
    rmSync(path, { force: true })
    log('info', 'old-log-removed', { path })
    kb -= bytes / 1000
  }
}

function logsIn(directory: string, log: Log): { path: string; bytes: number; modifiedMs: number }[] {
  try {
    const names = readdirSync(directory).filter((name) => /^(worker-.+|all)\.log(\.1)?$/.test(name))
    return names.map((name) => {
      const path = join(directory, name)
      const { size, mtimeMs } = statSync(path)
      return { path, bytes: size, modifiedMs: mtimeMs }
    })
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') log('warn', 'logs-unreadable', { directory, error: messageOf(error) })
    return []
  }
}
