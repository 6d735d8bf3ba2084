import { homedir } from 'node:os'
import { PayflowError } from '../errors.ts'

/** The user's home directory; undefined where there is none: HOME is not set, and the system does not know the user. */
export function homeDirectory(): string | undefined {
  try {
    const directory = homedir()
    return directory === '' ? undefined : directory
  } catch {
    return undefined
  }
}

/** `path`, where a leading `~` is the user's home directory. @throws PayflowError (usage) when there is none */
export function expandHome(path: string): string {
  if (!/^~(?=\/|$)/.test(path)) return path
  const directory = homeDirectory()
  if (directory !== undefined) return directory + path.slice(1)
  throw new PayflowError(
    'NO_HOME_DIRECTORY',
    'This user has no home directory: HOME is not set, and the system does not know the user',
    { kind: 'usage', hint: 'set PAYFLOW_HOME to a directory for what payflow keeps' },
  )
}
