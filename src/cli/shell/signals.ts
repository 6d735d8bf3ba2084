import { signalExitCodes } from './exit-codes.ts'
import type { Stopping, World } from './world.ts'

type Signal = keyof typeof signalExitCodes

export interface Signals extends Pick<World, 'signal' | 'stopWith' | 'announceWith' | 'atForcedExit'> {
  /** Ends the command gracefully, as a first signal does, but silently. */
  readonly stop: () => void
  /** Runs what was registered for the end of the process, and ends it. `exitCode` may be a function that says why, once the terminal is as it was. */
  readonly exitNow: (exitCode: number | (() => number)) => never
  /** The exit code that a signal asks for; undefined when none came or a graceful end is the normal one. */
  readonly exitCode: () => number | undefined
  readonly dispose: () => void
}

/**
 * The first signal stops gracefully what knows how to; a second one, or the first otherwise, ends the process at once.
 * So does SIGQUIT (Ctrl-\\). SIGHUP says that the terminal or the session is gone.
 */
export function listenForSignals(say: (line: string) => void): Signals {
  const controller = new AbortController()
  const cleanups = new Set<() => void>()
  let stopping: Stopping | undefined
  let show: ((line: string) => void) | undefined
  let received: Signal | undefined

  const exitNow = (exitCode: number | (() => number)): never => {
    for (const cleanup of cleanups) cleanup()
    process.exit(typeof exitCode === 'number' ? exitCode : exitCode())
  }
  const onSignal = (signal: Signal): void => {
    if (signal === 'SIGHUP' && received === 'SIGHUP') return // a shell and the kernel may both say so
    if (stopping === undefined || received !== undefined || signal === 'SIGQUIT')
      return exitNow(signalExitCodes[signal])
    received = signal
    const announce = show ?? say
    if (stopping.message !== undefined) announce(`${stopping.message} (once more ends it at once)`)
    controller.abort()
  }
  const listeners = (Object.keys(signalExitCodes) as Signal[]).map((signal) => {
    const listener = (): void => onSignal(signal)
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return {
    signal: controller.signal,
    stopWith: (how) => (stopping = how),
    announceWith: (other) => {
      show = other
      return () => (show = undefined)
    },
    atForcedExit: (cleanup) => {
      cleanups.add(cleanup)
      return () => cleanups.delete(cleanup)
    },
    stop: () => controller.abort(),
    exitNow,
    exitCode: () => (received && stopping?.outcome === 'interrupted' ? signalExitCodes[received] : undefined),
    dispose: () => {
      for (const remove of listeners) remove()
    },
  }
}
