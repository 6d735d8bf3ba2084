import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { chooseEngine } from '../../infra/choose.ts'
import type { EngineName } from '../../infra/engine.ts'
import { pause } from '../../infra/poll.ts'
import type { ProcessIdentity } from '../../infra/processes.ts'
import type { Log } from '../../log.ts'
import { packageRoot } from '../../package-root.ts'
import { workerEntries } from '../workers/process-registry.ts'

/** What ends with a run. */
export interface Kept {
  readonly home: string
  readonly engine: EngineName
  readonly run: ProcessIdentity
}

/** How long workers whose run is gone may take to end their transactions. */
const WORKERS_MS = 11_000

export interface Keeper {
  /** The run has ended what it started. */
  readonly dismiss: () => void
}

/**
 * Starts a small process that stays until this one is gone, and then ends what this one started and could not end itself:
 * it was killed, or its machine ran out of memory. It learns that from its standard input, which closes with this process.
 */
export function startKeeper(kept: Kept, env: NodeJS.ProcessEnv, log: Log): Keeper {
  const program = join(packageRoot, 'bin/keeper.js')
  const child = spawn(process.execPath, [program, JSON.stringify(kept)], {
    env,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Without one, the run still ends what it started, and the next one what this one left.
  const failed = (error: Error): void => log('warn', 'keeper-failed', { pid: child.pid, error: error.message })
  child.once('error', failed)
  child.stdin.on('error', failed)
  log('info', 'keeper-started', { pid: child.pid })
  child.unref()
  // a pipe, whatever its type says
  const stdin = child.stdin as typeof child.stdin & { unref(): void }
  stdin.unref()
  return { dismiss: () => void child.stdin.end('done') }
}

/** What the keeper does once the run is gone. */
export async function endAfter({ home, engine: name, run }: Kept, env: NodeJS.ProcessEnv): Promise<void> {
  const deadline = Date.now() + WORKERS_MS
  while (workerEntries(home).some(({ supervised }) => supervised) && Date.now() < deadline) await pause(100)
  const options = { home, env, kafkaPort: 0, zookeeperPort: 0, nodes: 1, ksql: false }
  const { engine } = await chooseEngine(name, options)
  await engine.down({ volumes: false, run }, () => undefined)
}
