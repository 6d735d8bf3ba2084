import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { systemCodeOf } from '../errors.ts'
import { poll } from './poll.ts'

/** A process, distinguished from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

/** Undefined: the process has ended. */
const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The start time in a line of /proc/<pid>/stat, in ticks since boot; undefined for a process that has ended (zombie). */
export function startTimeIn(stat: string): string | undefined {
  // the second field is the command's name in parentheses, which may hold spaces and parentheses of its own
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

/** When the process started, in a form only good for comparing; undefined when there is no such process. */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = readText(`/proc/${pid}/stat`)
    const ticks = stat === undefined ? undefined : startTimeIn(stat)
    const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'boot'
    return ticks === undefined ? undefined : `${boot}/${ticks}`
  }
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  const [, state, started] = /^(\S+)\s+(.+?)\s*$/.exec(stdout) ?? []
  return state === undefined || state.startsWith('Z') ? undefined : started
}

export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid)
  return startTime === undefined ? undefined : { pid, startTime }
}

export const sameProcess = (a: ProcessIdentity, b: ProcessIdentity): boolean =>
  a.pid === b.pid && a.startTime === b.startTime

export const isAlive = ({ pid, startTime }: ProcessIdentity): boolean => startTimeOf(pid) === startTime

/** Returns whether the process was still there to get it. */
export function signalTo(process_: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(process_)) return false
  try {
    return process.kill(process_.pid, signal)
  } catch (error) {
    if (systemCodeOf(error) !== 'ESRCH') throw error
    return false
  }
}

/** Kills a process with SIGKILL and returns when it is gone, or after `timeoutMs`. */
export async function kill(process_: ProcessIdentity, timeoutMs: number): Promise<void> {
  signalTo(process_, 'SIGKILL')
  await poll(() => (isAlive(process_) ? undefined : true), { timeoutMs, intervalMs: 10 })
}

/** Ends a process with SIGTERM, and with SIGKILL when it is still there after `graceMs`. */
export async function terminate(process_: ProcessIdentity, graceMs: number): Promise<'ended' | 'killed'> {
  const gone = (timeoutMs: number) => poll(() => (isAlive(process_) ? undefined : true), { timeoutMs })
  signalTo(process_, 'SIGTERM')
  // a frozen process acts on no signal until it is continued
  signalTo(process_, 'SIGCONT')
  if (await gone(graceMs)) return 'ended'
  signalTo(process_, 'SIGKILL')
  await gone(graceMs)
  return 'killed'
}
