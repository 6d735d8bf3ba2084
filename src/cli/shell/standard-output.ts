import { PayflowError, messageOf } from '../../errors.ts'
import type { Signals } from './signals.ts'

/** What a reader that has gone away, or a terminal that was closed, answers. */
const readerGone = new Set(['EPIPE', 'EIO', 'ECONNRESET'])
/** How long a command may take to end, with brokers to be stopped, once nobody reads what it writes. */
const GRACE_MS = 60_000

export interface OutputWatch {
  /** Returns when all was written, with what kept it from that: a PayflowError (failed). */
  readonly settled: () => Promise<PayflowError | undefined>
}

/**
 * A reader that goes away (`payflow … | head`) ends the command quietly, and so does a terminal that is closed. Results
 * that cannot be written, such as to a full disk, end it too, and are its failure.
 */
export function watchStandardOutput(stdout: NodeJS.WriteStream, { stop, exitNow }: Signals): OutputWatch {
  let failure: PayflowError | undefined
  let broken = false
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    broken = true
    if (!readerGone.has(error.code ?? ''))
      failure ??= new PayflowError('OUTPUT_UNWRITABLE', `Cannot write to standard output: ${messageOf(error)}`, {
        kind: 'failed',
        hint: 'make room there, or send the output elsewhere; the results that were written are not complete',
        cause: error,
      })
    stop()
    setTimeout(() => exitNow(failure ? 1 : 0), GRACE_MS).unref()
  })
  return {
    settled: async () => {
      if (!broken) await new Promise((resolve) => stdout.write('', resolve))
      return failure
    },
  }
}
