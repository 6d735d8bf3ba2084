// Child processes and what they cost: CPU seconds and resident memory of whole process trees, from /proc.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const TICKS = 100
const PAGE = 4096
const SAMPLE_MS = 100
const GRACE_MS = 30_000

function fields(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
  } catch {
    return undefined
  }
}

function family(pid) {
  try {
    return [
      pid,
      ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .flatMap((child) => family(Number(child))),
    ]
  } catch {
    return []
  }
}

/** CPU seconds of a process and its descendants so far. */
export const cpuSeconds = (pid) =>
  family(pid).reduce((sum, member) => {
    const f = fields(member)
    return f ? sum + (f[11] + f[12]) / TICKS : sum
  }, 0)
const rssBytes = (pid) => family(pid).reduce((sum, member) => sum + (fields(member)?.[21] ?? 0) * PAGE, 0)
/** Of its resident set, what is not a mapped file: the system can take those pages back at any time. */
const anonymousBytes = (pid) => family(pid).reduce((sum, member) => sum + statusBytes(member, 'RssAnon'), 0)
function statusBytes(pid, name) {
  try {
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** What ends the processes that run, at once. */
const running = new Set()
export const killAll = () => running.forEach((kill) => kill())
/** CPU seconds of all children that have ended and were waited for: exact, where samples would miss the end. */
const endedChildren = () => {
  const f = fields('self')
  return (f[13] + f[14]) / TICKS
}

/** Starts a peer's commands. `end` stops them (`by` a signal), waits, and tells their CPU seconds and the peak of their memory. */
export function start(peer, env) {
  const before = endedChildren()
  const children = peer.commands.map(([program, ...args]) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      cwd: peer.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const out = { child, stdout: '', stderr: '', exited: new Promise((resolve) => child.on('close', resolve)) }
    child.stdout.on('data', (chunk) => (out.stdout += chunk))
    if (peer.onLine) createInterface(child.stderr).on('line', peer.onLine)
    child.stderr.on('data', (chunk) => (out.stderr = (out.stderr + chunk).slice(-20_000)))
    child.on('error', (error) => (out.stderr += error.message))
    return out
  })
  let peak = 0
  const total = (of) => children.reduce((sum, { child }) => sum + of(child.pid), 0)
  const sampler = setInterval(() => (peak = Math.max(peak, total(rssBytes))), SAMPLE_MS)
  const alive = () => children.filter(({ child }) => child.exitCode === null && child.signalCode === null)
  const signal = (name) =>
    alive().forEach(({ child }) => {
      try {
        process.kill(-child.pid, name)
      } catch {
        /* it has just ended */
      }
    })
  const kill = () => signal('SIGKILL')
  process.once('exit', kill)
  running.add(kill)
  return {
    pids: children.map(({ child }) => child.pid),
    stdout: () => children.map(({ stdout }) => stdout).join(''),
    stderr: () => children.map(({ stderr }) => stderr).join(''),
    running: () => alive().length > 0,
    cpu: () => total(cpuSeconds),
    /** Megabytes now: all of it, and what of it is not a mapped file. */
    memory: () => ({
      rssMb: Math.round(total(rssBytes) / 2 ** 20),
      anonymousMb: Math.round(total(anonymousBytes) / 2 ** 20),
    }),
    exited: () => Promise.all(children.map(({ exited }) => exited)),
    async end({ patienceMs = 0, by = 'SIGTERM' } = {}) {
      const gone = Promise.all(children.map(({ exited }) => exited))
      if (patienceMs > 0) await Promise.race([gone, sleep(patienceMs, undefined, { ref: false })])
      signal(by)
      await Promise.race([gone, sleep(GRACE_MS, undefined, { ref: false })])
      signal('SIGKILL')
      await gone
      clearInterval(sampler)
      process.off('exit', kill)
      running.delete(kill)
      return {
        cpuSeconds: endedChildren() - before,
        rssMb: Math.round(peak / 2 ** 20),
        exitCodes: children.map(({ child }) => child.exitCode),
      }
    },
  }
}
