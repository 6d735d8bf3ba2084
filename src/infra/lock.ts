import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identify, isAlive, type ProcessIdentity } from './processes.ts'
import { poll } from './poll.ts'
import { PayflowError } from '../errors.ts'
import type { Report } from './engine.ts'

const waitMs = 5 * 60_000

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function holderIn(content: string): ProcessIdentity | undefined {
  try {
    const { pid, startTime } = JSON.parse(content) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : undefined
  } catch {
    return undefined
  }
}

/** Creates the lock with its content in one step, so that nobody ever sees an empty one. */
function create(path: string, content: string): boolean {
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, content)
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function breakStale(path: string, content: string): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  // somebody else may have broken it and taken it between our look and our rename: then it goes back
  const moved = read(aside)
  if (moved !== undefined && moved !== content) create(path, moved)
  rmSync(aside, { force: true })
}

/**
 * Runs `action` while no other process runs one under the same lock file. A lock whose process is gone is broken.
 * @throws PayflowError (infra) when another live process keeps it for five minutes
 */
export async function withLock<Result>(
  path: string,
  { report, signal }: { report: Report; signal?: AbortSignal | undefined },
  action: () => Promise<Result>,
): Promise<Result> {
  const content = JSON.stringify(identify(process.pid))
  let announced = false
  const taken = await poll(
    () => {
      if (create(path, content)) return true
      const current = read(path)
      const holder = current === undefined ? undefined : holderIn(current)
      if (current !== undefined && (holder === undefined || !isAlive(holder))) breakStale(path, current)
      else if (holder !== undefined && !announced) {
        announced = true
        report(`Waiting for another payflow (pid ${holder.pid}) to finish with ${path}`)
      }
      return undefined
    },
    { timeoutMs: waitMs, intervalMs: 100, signal },
  )
  if (!taken)
    throw new PayflowError('LOCKED', `Another payflow has been holding ${path} for five minutes`, {
      kind: 'infra',
      hint: 'wait for it, or stop it',
    })
  try {
    return await action()
  } finally {
    rmSync(path, { force: true })
  }
}
