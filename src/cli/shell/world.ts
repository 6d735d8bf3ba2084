import type { Readable, Writable } from 'node:stream'

/** How a command ends when the first SIGINT or SIGTERM comes. */
export interface Stopping {
  /** Said at once on stderr. Undefined: whoever passed the signal on has said it. */
  readonly message: string | undefined
  /** `done`: exit 0, a graceful end is the normal one. `interrupted`: 130 or 143, the command did not do what it was for. */
  readonly outcome: 'done' | 'interrupted'
}

export interface Parent {
  readonly tell: (message: object) => unknown
  /** It wants to be told once a second what this process counts. */
  readonly wantsFigures: boolean
  /** It wants to be told which files this process has loaded. */
  readonly wantsFiles: boolean
  /** How often it has started this process again. */
  readonly restarts: number
  /** Returns when it says that it is time to begin; at once when it did not ask to wait. */
  readonly permission: () => Promise<void>
}

/** Everything a command may touch of the process it runs in; tests hand in their own. */
export interface World {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** Width of the terminal behind stderr, now. */
  readonly columns: () => number
  readonly rows: () => number
  /** Aborted by the first signal, if the command said how it stops; without that the first signal ends it at once. */
  readonly signal: AbortSignal
  readonly stopWith: (stopping: Stopping) => void
  /** While something draws on stderr, what a signal has to say goes to `show` instead. Returns what takes it back. */
  readonly announceWith: (show: (line: string) => void) => () => void
  /** Runs `cleanup` when a signal ends the process at once. Returns what takes it back. */
  readonly atForcedExit: (cleanup: () => void) => () => void
  /** The payflow process that started this one. */
  readonly parent: Parent | undefined
}
