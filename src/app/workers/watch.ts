import { execa } from 'execa'
import { z } from 'zod'
import { systemCodeOf } from '../../errors.ts'
import { isAborted } from '../../pause.ts'
import { ChangedFiles } from './changed-files.ts'
import type { ProcessCommand } from './supervised-process.ts'

/** How long the process may take to end after SIGTERM: its open transaction ends first, and so do processes that it has started. */
const GRACE_MS = 15_000

export type WatchEvent =
  | { readonly kind: 'changed'; readonly files: readonly string[] }
  /** It ended by itself, and has said why; the next change starts it again. */
  | { readonly kind: 'ended'; readonly exitCode: number | undefined; readonly signal: string | undefined }

export interface WatchOptions {
  readonly command: ProcessCommand
  /** Those of the workers; what they import its process tells. */
  readonly files: readonly string[]
  readonly signal: AbortSignal
  readonly onEvent: (event: WatchEvent) => void
  /** Registers what ends the process at once. Returns what takes it back. */
  readonly atForcedExit: (kill: () => void) => () => void
}

/** What the process tells: the files that it has loaded. */
const filesMessage = z.object({ type: z.literal('files'), files: z.array(z.string()) })

/** Runs a process that runs workers, again whenever one of their files changes, until `signal` is aborted. Leaves nothing running. */
export async function watchWorkers({ command, files, signal, onEvent, atForcedExit }: WatchOptions): Promise<void> {
  const changes = new ChangedFiles()
  changes.add(files)
  while (!signal.aborted) {
    const running = run(command, (loaded) => changes.add(loaded))
    const forget = atForcedExit(running.kill)
    try {
      const over = new AbortController()
      const until = AbortSignal.any([signal, over.signal])
      const changed = changes.next(until)
      const ended = await Promise.race([changed.then(() => undefined), running.ended])
      if (ended && !isAborted(signal)) onEvent({ kind: 'ended', ...ended })
      const found = await changed
      if (found.length > 0) onEvent({ kind: 'changed', files: found })
    } finally {
      await running.stop()
      forget()
    }
  }
}

interface Ended {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
}

/** It leads its own process group, so that a terminal's Ctrl-C does not reach it, and ends when this process is gone. */
function run({ file, arguments: rest, env }: ProcessCommand, onFiles: (files: readonly string[]) => void) {
  const child = execa(file, rest, { env, extendEnv: false, ipc: true, detached: true, cleanup: false, buffer: false, reject: false, stdin: 'ignore', stdout: 'inherit', stderr: 'inherit' }) // prettier-ignore
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch (error) {
      if (systemCodeOf(error) !== 'ESRCH') throw error
    }
  }
  child.on('message', (message) => {
    const told = filesMessage.safeParse(message)
    if (told.success) onFiles(told.data.files)
  })
  child.once('exit', () => signalGroup('SIGKILL'))
  const ended: Promise<Ended> = child.then(({ exitCode, signal }) => ({ exitCode, signal }))
  return {
    ended,
    kill: () => signalGroup('SIGKILL'),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const killer = setTimeout(() => signalGroup('SIGKILL'), GRACE_MS)
      await ended
      clearTimeout(killer)
    },
  }
}
