import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Check, CheckFinding } from '../check.ts'
import { packageRoot } from '../package-root.ts'

const MIB = 1 << 20
/** A broker, its ZooKeeper and some workers. */
const MEMORY_TO_START = 1_024 * MIB
const MEMORY_TO_GO_ON = 200 * MIB
/** Two segments of each partition of a usual run, and room for logs. */
const DISK_WARNING = 2_048 * MIB
const DISK_ERROR = 256 * MIB

const mib = (bytes: number): string =>
  bytes < 10_240 * MIB
    ? `${Math.round(bytes / MIB).toLocaleString('en')} MiB`
    : `${Math.round(bytes / MIB / 1_024).toLocaleString('en')} GiB`

/** `20.19.0` from `>=20.19`: how far a version lies below it, part by part. */
function isBelow(version: string, least: string): boolean {
  const parts = (text: string): number[] => (/\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number)
  const [have, need] = [parts(version), parts(least)]
  const at = need.findIndex((part, i) => part !== (have[i] ?? 0))
  return at >= 0 && (have[at] ?? 0) < need[at]!
}

/** Whether this Node is one that payflow is made for. */
export function checkNode(version = process.version): Check {
  const { engines } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { engines: { node: string } } // prettier-ignore
  const summary = `Node ${version.replace(/^v/, '')}, on ${process.platform} ${process.arch}`
  if (!isBelow(version, engines.node)) return { name: 'node', summary, findings: [] }
  const what = `Node ${version} is too old: payflow needs ${engines.node}`
  return { name: 'node', summary, findings: [{ severity: 'error', what, evidence: [process.execPath], hint: `install Node ${engines.node}` }] } // prettier-ignore
}

/** What is free of the disk that holds `home`. */
export function checkDisk(home: string, { bavail, bsize } = statfsSync(nearest(home))): Check {
  const free = bavail * bsize
  const summary = `${mib(free)} free for ${home}`
  if (free >= DISK_WARNING) return { name: 'disk', summary, findings: [] }
  const severity = free < DISK_ERROR ? 'error' : 'warning'
  const what = `Little space is left on the disk that holds ${home}`
  const hint = 'make room there, or set PAYFLOW_HOME to a directory on another disk; `payflow infra down --volumes` removes the data of brokers' // prettier-ignore
  return { name: 'disk', summary, findings: [{ severity, what, evidence: [`${mib(free)} are free`], hint }] }
}

/** The directory itself, or where it would be made. */
const nearest = (path: string): string => (existsSync(path) || dirname(path) === path ? path : nearest(dirname(path)))

/** `starts`: whether brokers are yet to be started on this machine. */
export function checkMemory({ starts }: { starts: boolean }, available = availableMemory()): Check {
  const least = starts ? MEMORY_TO_START : MEMORY_TO_GO_ON
  const summary = `${mib(available)} available`
  if (available >= least) return { name: 'memory', summary, findings: [] }
  const finding: CheckFinding = {
    severity: 'warning',
    what: starts ? 'There is little memory for a broker and workers' : 'Memory is nearly used up',
    evidence: [`${mib(available)} are available, ${mib(least)} should be`],
    hint: 'end other programs; a broker of another payflow is stopped with `payflow infra down` in its PAYFLOW_HOME',
  }
  return { name: 'memory', summary, findings: [finding] }
}

/** Of what the system, or the container, gives. */
function availableMemory(): number {
  const { availableMemory: within } = process as { availableMemory?: () => number }
  return within?.() ?? freemem()
}
