import type { ErrorKind } from '../../errors.ts'

export const exitCodes: Readonly<Record<ErrorKind, number>> = { usage: 2, infra: 3, failed: 1, difference: 4 }

/** A bug: something was thrown that nobody foresaw. */
export const BUG_EXIT_CODE = 1

/** What shells report for a process that a signal ended. */
export const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const
