import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { identify, isAlive } from '../../infra/processes.ts'

const entrySchema = z.object({
  pid: z.int().positive(),
  startTime: z.string(),
  workers: z.array(z.object({ name: z.string(), arguments: z.array(z.string()) })).min(1),
  brokers: z.array(z.string()),
  supervised: z.boolean(),
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
}

const directoryOf = (home: string): string => join(home, 'run')
const PREFIX = 'worker-'

/** Lets other payflow commands find this process. Returns what takes it back; where nothing can be written, it is just not found. */
export function registerThisProcess(home: string, registration: Registration): () => void {
  const identity = identify(process.pid)
  const path = join(directoryOf(home), `${PREFIX}${process.pid}.json`)
  if (identity === undefined) return () => undefined
  try {
    mkdirSync(directoryOf(home), { recursive: true })
    const draft = `${path}.new`
    writeFileSync(draft, `${JSON.stringify({ ...identity, ...registration, startedAt: new Date().toISOString() })}\n`)
    renameSync(draft, path)
  } catch {
    return () => undefined
  }
  return () => rmSync(path, { force: true })
}

/** The worker processes of this home that are alive, oldest first. What dead ones left is removed. */
export function workerEntries(home: string): WorkerEntry[] {
  const found: WorkerEntry[] = []
  for (const name of listed(home)) {
    const path = join(directoryOf(home), name)
    const entry = read(path)
    if (entry && isAlive(entry)) found.push(entry)
    else if (entry) rmSync(path, { force: true })
  }
  return found.sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.pid - b.pid)
}

function listed(home: string): string[] {
  try {
    return readdirSync(directoryOf(home)).filter((name) => name.startsWith(PREFIX) && name.endsWith('.json'))
  } catch {
    return []
  }
}

function read(path: string): WorkerEntry | undefined {
  try {
    return entrySchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}
