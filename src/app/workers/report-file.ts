import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { messageOf, systemCodeOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { processReportSchema, type ProcessReport, type Reporter } from '../monitor/report.ts'
import { reportPathOf } from './process-registry.ts'

const INTERVAL_MS = 2_000

/** Says again and again under PAYFLOW_HOME how the workers of this process are. Returns what ends that; where nothing can be written, nobody learns of it. */
export function keepReporting(home: string, reporter: Pick<Reporter, 'report'>, log: Log): () => void {
  const path = reportPathOf(home, process.pid)
  const draft = `${path}.new`
  let failed = false
  const write = (): void => {
    try {
      writeFileSync(draft, `${JSON.stringify(reporter.report())}\n`)
      renameSync(draft, path)
      failed = false
    } catch (error) {
      if (!failed) log('debug', 'report-not-written', { path, error: messageOf(error) })
      failed = true
    }
  }
  write()
  const timer = setInterval(write, INTERVAL_MS).unref()
  return () => {
    clearInterval(timer)
    rmSync(path, { force: true })
  }
}

/** What a process has said last; undefined when it says nothing, or nothing that this version understands. */
export function reportOf(home: string, pid: number, log: Log): ProcessReport | undefined {
  try {
    return processReportSchema.parse(JSON.parse(readFileSync(reportPathOf(home, pid), 'utf8')))
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') log('debug', 'report-unreadable', { pid, error: messageOf(error) })
    return undefined
  }
}
