import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identify, isAlive, type ProcessIdentity } from './processes.ts'
import { poll } from './poll.ts'
import { PayflowError, messageOf, systemCodeOf } from '../errors.ts'
import { noLog, type Log } from '../log.ts'
import type { Report } from './engine.ts'

const WAIT_MS = 5 * 60_000

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // it was released meanwhile; what else keeps it from being read shows when it is to be taken
  }
}

/** The process that holds a lock, and since when. */
interface Holder extends ProcessIdentity {
  readonly since: string
}

function holderIn(content: string): Holder | undefined {
  try {
    const { pid, startTime, since = '' } = JSON.parse(content) as Partial<Holder>
    return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime, since } : undefined
  } catch {
    return undefined // whatever this is, no process holds it
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
    if (systemCodeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function breakStale(path: string, content: string): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return
    throw error
  }
  // somebody else may have broken it and taken it between our look and our rename: then it goes back
  const moved = read(aside)
  if (moved !== undefined && moved !== content) create(path, moved)
  rmSync(aside, { force: true })
}

type Attempt =
  | { readonly outcome: 'taken'; readonly release: () => void }
  | { readonly outcome: 'held'; readonly holder: Holder }
  /** Its file cannot be written, and no process that is alive holds it. */
  | { readonly outcome: 'unwritable'; readonly error: unknown }

/** Takes the lock, unless a process that is alive holds it. A lock whose process is gone is broken. */
export function takeLock(path: string, log: Log = noLog): Attempt {
  const content = JSON.stringify({ ...identify(process.pid), since: new Date().toISOString() })
  for (;;) {
    const failures: unknown[] = []
    const attempt = <Result>(action: () => Result): Result | undefined => {
      try {
        return action()
      } catch (error) {
        failures.push(error)
        return undefined
      }
    }
    if (attempt(() => create(path, content)) === true)
      return { outcome: 'taken', release: () => releaseLock(path, content, log) }
    const current = read(path)
    const holder = current === undefined ? undefined : holderIn(current)
    if (holder !== undefined && isAlive(holder)) return { outcome: 'held', holder }
    if (current !== undefined) {
      log('info', 'stale-lock-removed', { path, pid: holder?.pid, since: holder?.since })
      attempt(() => breakStale(path, current))
    }
    if (failures.length > 0) return { outcome: 'unwritable', error: failures[0] }
  }
}

/** Leaves the lock of another process alone: somebody may have deleted ours. One that cannot be removed is stale when this process ends. */
function releaseLock(path: string, content: string, log: Log): void {
  if (read(path) !== content) return
  try {
    rmSync(path, { force: true })
  } catch (error) {
    // what was done under the lock is done
    log('warn', 'lock-stays', { path, error: messageOf(error) })
  }
}

export interface LockOptions {
  readonly report: Report
  readonly log?: Log | undefined
  readonly signal?: AbortSignal | undefined
  /** Go on without the lock where it cannot be written: what ends things must work on a full disk. */
  readonly evenUnwritable?: boolean
}

/**
 * Runs `action` while no other process runs one under the same lock file.
 * @throws PayflowError (infra) when another live process keeps it for five minutes; the file system's error when it cannot be written
 */
export async function withLock<Result>(
  path: string,
  { report, log = noLog, signal, evenUnwritable = false }: LockOptions,
  action: () => Promise<Result>,
): Promise<Result> {
  const beganMs = performance.now()
  let announced = false
  const release = await poll(
    () => {
      const attempt = takeLock(path, log)
      if (attempt.outcome === 'taken') return attempt.release
      if (attempt.outcome === 'unwritable') {
        if (!evenUnwritable) throw attempt.error
        log('warn', 'lock-not-written', { path, error: messageOf(attempt.error) })
        return () => undefined
      }
      if (!announced)
        report(
          `Waiting for another payflow (pid ${attempt.holder.pid}) to finish with ${path}`,
          'another payflow was waited for',
        )
      announced = true
      return undefined
    },
    { timeoutMs: WAIT_MS, intervalMs: 100, signal },
  )
  if (!release)
    throw new PayflowError('LOCKED', `Another payflow has been holding ${path} for five minutes`, {
      kind: 'infra',
      hint: 'wait for it, or stop it',
    })
  log('debug', 'lock-taken', { path, waitedMs: Math.round(performance.now() - beganMs) })
  try {
    return await action()
  } finally {
    release()
  }
}
