import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { brokers } from './broker.ts'
import type { Isolated } from './isolated.ts'

const script = fileURLToPath(new URL('./worker-process.mjs', import.meta.url))

export interface WorkerProcess {
  readonly kill: (signal: NodeJS.Signals) => void
  /** Resolves with the signal or code that ended it. */
  readonly ended: Promise<NodeJS.Signals | number | null>
  /** Resolves when its output has contained this text the given number of times. */
  readonly says: (text: string, times?: number) => Promise<void>
}

/** An isolated worker in a process of its own, so that it can be killed. */
export function workerProcess(
  of: Isolated,
  { failPoint, ...more }: { failPoint?: string } & Record<string, unknown> = {},
): WorkerProcess {
  const child = spawn(process.execPath, [script, JSON.stringify({ brokers: brokers(), ...of.process, ...more })], {
    env: { ...process.env, PAYFLOW_FAILPOINT: failPoint ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as NodeJS.Signals | number | null)
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    kill: (signal) => child.kill(signal),
    ended,
    says: async (text, times = 1) => {
      while (said.split(text).length <= times) await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(`ended without saying ${text}: ${said}`)))]) // prettier-ignore
    },
  }
}
