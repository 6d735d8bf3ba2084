import type { ErrorCode } from '../../error-codes.ts'
import { PayflowError } from '../../errors.ts'

/** A partition that is read. */
export interface Place {
  readonly topic: string
  readonly partition: number
}

/**
 * Records that lie in the log and cannot be read: the error names where, and what to do. Passing over them silently would make figures wrong,
 * and nobody but their owner can say what was in them.
 */
export function unreadable(code: ErrorCode, at: Place, offset: number, what: string, hint?: string, cause?: unknown): PayflowError {
  return new PayflowError(code, `The records of ${at.topic}/${at.partition} from offset ${offset} ${what}`, {
    kind: 'failed',
    hint: `${hint ?? 'restore them from another replica or have their producer write them again'}; to go on without them, move the reading group past them with \`payflow groups reset GROUP --to OFFSET\` (a worker that keeps state cannot skip records)`,
    cause,
  })
} // prettier-ignore
