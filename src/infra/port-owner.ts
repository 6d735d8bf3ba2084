import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { markOf } from './local/mark.ts'

const LISTENING = '0A'

/** The socket inodes that listen on `port`, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === LISTENING)
    .flatMap((fields) => fields[9] ?? [])
}

/** A process may end while it is looked at, and those of other users cannot be. */
const attempt = <Value>(read: () => Value): Value | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

function holdsAny(pid: number, inodes: readonly string[]): boolean {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`))
  const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return descriptors.some((name) => wanted.has(attempt(() => readlinkSync(`/proc/${pid}/fd/${name}`)) ?? ''))
}

const allPids = (): number[] =>
  (attempt(() => readdirSync('/proc')) ?? []).filter((name) => /^\d+$/.test(name)).map(Number)

const listeners = (port: number): string[] =>
  ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    listeningInodes(attempt(() => readFileSync(path, 'utf8')) ?? '', port),
  )

/** The process group in a line of /proc/<pid>/stat. */
const groupIn = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])

/**
 * Whether the leader of a process group, or another of that group, is who listens on a `port` that answers. True as well
 * where the system does not say who listens.
 */
export function listensOn(leader: number, port: number): boolean {
  if (process.platform !== 'linux') return listensByLsof(leader, port)
  const inodes = listeners(port)
  if (inodes.length === 0) return true
  const isMember = (pid: number): boolean =>
    pid !== leader && groupIn(attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? '') === leader
  return holdsAny(leader, inodes) || allPids().some((pid) => isMember(pid) && holdsAny(pid, inodes))
}

function lsof(...args: readonly string[]): string | undefined {
  const { status, stdout, error } = spawnSync('lsof', ['-nP', ...args], { encoding: 'utf8' })
  // it ends with 1 when it finds nothing
  return error === undefined && (status === 0 || status === 1) ? stdout : undefined
}

function listensByLsof(leader: number, port: number): boolean {
  const output = lsof('-a', '-g', String(leader), `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp')
  return output === undefined || /^p\d+$/m.test(output)
}

const serviceNames: Readonly<Record<string, string>> = { zookeeper: 'ZooKeeper', ksqldb: 'ksqlDB' }

function describe(pid: number): string {
  const words = (attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').split('\0').filter(Boolean)
  const mark = markOf({ pid, command: words.join(' ') })
  if (mark) return `the ${serviceNames[mark.name] ?? 'Kafka'} of another payflow, in ${mark.home} (pid ${pid})`
  const mainClass = words.find((word) => /^(kafka\.Kafka|org\.apache\.zookeeper\..*)$/.test(word))
  const program = words[0]?.split('/').at(-1) ?? 'a process'
  return `${mainClass === undefined ? program : `${program} ${mainClass}`} (pid ${pid})`
}

function ownerFromLsof(port: number): string | undefined {
  const output = lsof(`-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc')
  const [, pid, command] = /^p(\d+)\nc(.+)$/m.exec(output ?? '') ?? []
  return pid === undefined ? undefined : `${command ?? 'a process'} (pid ${pid})`
}

/** Which process listens on `port`, in words: `java kafka.Kafka (pid 123)`; undefined when it cannot be found out. */
export function portOwner(port: number): string | undefined {
  if (process.platform !== 'linux') return ownerFromLsof(port)
  const inodes = listeners(port)
  const pid = inodes.length === 0 ? undefined : allPids().find((candidate) => holdsAny(candidate, inodes))
  return pid === undefined ? undefined : describe(pid)
}
