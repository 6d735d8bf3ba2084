import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, systemCodeOf } from '../../errors.ts'
import { noLog, type Log } from '../../log.ts'
import { identify, isAlive } from '../../infra/processes.ts'
import { writeWhole } from '../../whole-file.ts'

const entrySchema = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  workers: z.array(z.object({ name: z.string(), arguments: z.array(z.string()) })).min(1),
  brokers: z.array(z.string()),
  supervised: z.boolean(),
  restarts: z.int().nonnegative().default(0),
  startedAt: z.string(),
})
/** A process that runs workers, as it describes itself under PAYFLOW_HOME. */
export type WorkerEntry = z.infer<typeof entrySchema>

export interface Registration {
  /** Each worker, and what follows `payflow worker` on a command line that runs it alone. */
  readonly workers: readonly { name: string; arguments: readonly string[] }[]
  /** The cluster it works on. */
  readonly brokers: readonly string[]
  /** Somebody starts it again when it dies. */
  readonly supervised: boolean
  /** How often it has done so for this one. */
  readonly restarts?: number
}

const directoryOf = (home: string): string => join(home, 'run')
const PREFIX = 'worker-'

/** Where a process of workers says how it is. */
export const reportPathOf = (home: string, pid: number): string => join(directoryOf(home), `report-${pid}.json`)

/** Lets other payflow commands find this process. Returns what takes it back; where nothing can be written, it is just not found. */
export function registerThisProcess(home: string, registration: Registration, log: Log = noLog): () => void {
  const identity = identify(process.pid)
  const path = join(directoryOf(home), `${PREFIX}${process.pid}.json`)
  if (identity === undefined) return () => undefined
  try {
    writeWhole(path, `${JSON.stringify({ ...identity, ...registration, startedAt: new Date().toISOString() })}\n`)
  } catch (error) {
    log('warn', 'worker-record-not-written', { path, error: messageOf(error) })
    return () => undefined
  }
  return () => remove(path, home, process.pid)
}

function remove(record: string, home: string, pid: number): void {
  const report = reportPathOf(home, pid)
  for (const path of [record, report, `${report}.new`]) rmSync(path, { force: true })
}

/** The worker processes of this home that are alive, oldest first. What dead ones left is removed. */
export function workerEntries(home: string, log: Log = noLog): WorkerEntry[] {
  const found: WorkerEntry[] = []
  for (const name of listed(home, log)) {
    const path = join(directoryOf(home), name)
    const entry = read(path, log)
    if (entry && isAlive(entry)) found.push(entry)
    else if (entry) {
      log('info', 'stale-record-removed', { path, pid: entry.pid })
      remove(path, home, entry.pid)
    }
  }
  return found.sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.pid - b.pid)
}

function listed(home: string, log: Log): string[] {
  try {
    return readdirSync(directoryOf(home)).filter((name) => name.startsWith(PREFIX) && name.endsWith('.json'))
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') log('warn', 'worker-records-unreadable', { home, error: messageOf(error) })
    return []
  }
}

function read(path: string, log: Log): WorkerEntry | undefined {
  try {
    return entrySchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') log('warn', 'worker-record-unreadable', { path, error: messageOf(error) })
    return undefined
  }
}
