import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

const MOST_BYTES = 64 * 1024 * 1024

export interface RunningCommand {
  readonly pid: number
  /** Its program and arguments, with blanks between them. */
  readonly command: string
}

function fromProc(): RunningCommand[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
    } catch {
      return [] // it has ended meanwhile
    }
  })
}

/** The processes in the output of `ps -o pid=,command=`. */
export const commandsIn = (output: string): RunningCommand[] =>
  output.split('\n').flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
    return pid === undefined || command === undefined ? [] : [{ pid: Number(pid), command }]
  })

/** All processes of this machine that this user can see; none where the system does not tell. */
export function runningCommands(): RunningCommand[] {
  try {
    if (process.platform === 'linux') return fromProc()
    const { stdout } = spawnSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: MOST_BYTES })
    return commandsIn(stdout)
  } catch {
    return []
  }
}
