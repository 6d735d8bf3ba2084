import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { RunningCommand } from '../process-list.ts'
import type { ProcessIdentity } from '../processes.ts'
import type { ServiceName } from './layout.ts'

/** What a JVM says of itself on its command line: that outlives every file. */
export interface Mark {
  readonly home: string
  readonly name: ServiceName
  readonly port: number
  /** The process with which it ends; undefined: it stays until it is stopped. */
  readonly run: ProcessIdentity | undefined
}

/** The same text for a directory, whichever way leads there, and still when it is gone. */
function canonical(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(canonical(parent), basename(path))
  }
}

/** A value without blanks and in ASCII, as every locale and `ps` hand it on. */
const encode = (value: string): string => encodeURIComponent(value).replaceAll('%2F', '/')

/** System properties for a JVM's command line. */
export const markOptions = ({ home, name, port, run }: Mark): string[] => [
  `-Dpayflow.home=${encode(canonical(home))}`,
  `-Dpayflow.service=${name}:${port}`,
  ...(run ? [`-Dpayflow.run=${run.pid}:${encode(run.startTime)}`] : []),
]

/** What a process says of itself; undefined when it is not one of payflow's services. */
export function markOf({ command }: RunningCommand): Mark | undefined {
  const [, home] = / -Dpayflow\.home=(\S+)/.exec(command) ?? []
  const [, name, port] = / -Dpayflow\.service=(zookeeper|ksqldb|kafka-\d+):(\d+)/.exec(command) ?? []
  const [, pid, startTime] = / -Dpayflow\.run=(\d+):(\S+)/.exec(command) ?? []
  if (home === undefined || name === undefined) return undefined
  const run = startTime === undefined ? undefined : { pid: Number(pid), startTime: decodeURIComponent(startTime) }
  return { home: decodeURIComponent(home), name: name as ServiceName, port: Number(port), run }
}

export const isOfHome = (mark: Mark, home: string): boolean => mark.home === canonical(home)
