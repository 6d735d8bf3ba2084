import { PayflowError, messageOf, systemCodeOf } from '../../errors.ts'

const SPACE = 'make room there, or set PAYFLOW_HOME to a directory on another disk'
const RIGHTS = 'see who may read and write there; PAYFLOW_HOME names the directory for what payflow keeps'
const FILES = 'allow this shell more open files: `ulimit -n 4096`'
const hints: Readonly<Record<string, string>> = {
  ENOSPC: SPACE,
  EDQUOT: SPACE,
  EROFS: RIGHTS,
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EMFILE: FILES,
  ENFILE: FILES,
  EAGAIN: 'the system starts no more processes: end some, or allow more (`ulimit -u`)',
  ENOMEM: 'free some memory',
}

/** What the operating system refused, in words for a user; undefined for any other error. */
export function asSystemFailure(error: unknown): PayflowError | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  const hint = hints[systemCodeOf(error) ?? '']
  if (hint === undefined) return undefined
  return new PayflowError('SYSTEM_REFUSED', `The system refuses: ${messageOf(error)}`, {
    kind: 'failed',
    hint,
    cause: error,
  })
}
