import type { ErrorCode } from './error-codes.ts'
/** `usage`: wrong options or configuration; `infra`: not reachable or could not start; `failed`: failed while running; `difference`: an audit found one. */
export type ErrorKind = 'usage' | 'infra' | 'failed' | 'difference'

export interface ErrorDetails {
  readonly kind: ErrorKind
  /** One line: what to do about it. */
  readonly hint?: string
  readonly cause?: unknown
}

/** A failure that a user can act on. Anything else that is thrown is a bug. */
export class PayflowError extends Error {
  override readonly name = 'PayflowError'
  readonly code: ErrorCode
  readonly kind: ErrorKind
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, { kind, hint, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.kind = kind
    this.hint = hint
  }
}

/** The system's name of an error: `ENOENT`; undefined for one that is not the system's. */
export const systemCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** What was thrown, as an error. */
export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
