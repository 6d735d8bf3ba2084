import { onTestFinished } from 'vitest'
import type { ProcessCommand } from '../../src/app/workers/supervised-process.ts'
import { identify, isAlive, type ProcessIdentity } from '../../src/infra/processes.ts'

/** A command that runs this text in Node, as a child that talks over its channel. */
export const nodeScript = (text: string, env: NodeJS.ProcessEnv = {}): ProcessCommand => ({
  file: process.execPath,
  arguments: ['--input-type=module', '--eval', text],
  env: { PATH: process.env.PATH, ...env },
})

/** Remembers a process that a test met; when the test ends it is gone, whatever the test found. */
export function watched(pid: number | undefined): ProcessIdentity {
  const found = pid === undefined ? undefined : identify(pid)
  if (found === undefined) throw new Error(`there is no process ${pid ?? ''}`)
  onTestFinished(() => {
    if (isAlive(found)) process.kill(found.pid, 'SIGKILL')
  })
  return found
}
