import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

const listening = '0A'

/** The socket inodes that listen on `port`, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === listening)
    .flatMap((fields) => fields[9] ?? [])
}

const attempt = <Value>(read: () => Value): Value | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

function pidsHolding(inodes: readonly string[]): number[] {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`))
  const pids = (attempt(() => readdirSync('/proc')) ?? []).filter((name) => /^\d+$/.test(name))
  const holds = (pid: string): boolean =>
    (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []).some((descriptor) =>
      wanted.has(attempt(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)) ?? ''),
    )
  return pids.filter(holds).map(Number)
}

function describe(pid: number): string {
  const words = (attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').split('\0').filter(Boolean)
  const mainClass = words.find((word) => /^(kafka\.Kafka|org\.apache\.zookeeper\..*)$/.test(word))
  const program = words[0]?.split('/').at(-1) ?? 'a process'
  return `${mainClass === undefined ? program : `${program} ${mainClass}`} (pid ${pid})`
}

function ownerFromLsof(port: number): string | undefined {
  const output = attempt(() =>
    execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const [, pid, command] = /^p(\d+)\nc(.+)$/m.exec(output ?? '') ?? []
  return pid === undefined ? undefined : `${command ?? 'a process'} (pid ${pid})`
}

/** Which process listens on `port`, in words: `java kafka.Kafka (pid 123)`; undefined when it cannot be found out. */
export function portOwner(port: number): string | undefined {
  if (process.platform !== 'linux') return ownerFromLsof(port)
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => attempt(() => readFileSync(path, 'utf8')) ?? '')
  const [pid] = pidsHolding(tables.flatMap((table) => listeningInodes(table, port)))
  return pid === undefined ? undefined : describe(pid)
}
