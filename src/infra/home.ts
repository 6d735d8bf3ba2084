import { accessSync, constants, mkdirSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { PayflowError, messageOf } from '../errors.ts'
import { homeDirectory } from '../settings/home-directory.ts'

const unwritable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ENAMETOOLONG'])
const full = new Set(['ENOSPC', 'EDQUOT'])

export const diskFull = (where: string, cause?: unknown): PayflowError =>
  new PayflowError('DISK_FULL', `No space left on the disk that holds ${where}`, {
    kind: 'infra',
    hint: 'make room there, or set PAYFLOW_HOME to a directory on another disk',
    cause,
  })

/** A file system's error about PAYFLOW_HOME in words for a user; anything else as it came. */
export function explainHomeError(error: unknown, home: string): unknown {
  const code = error instanceof Error && 'syscall' in error ? (error as NodeJS.ErrnoException).code : undefined
  if (code === undefined) return error
  if (full.has(code)) return diskFull(home, error)
  if (!unwritable.has(code)) return error
  return new PayflowError('HOME_UNWRITABLE', `Cannot write to PAYFLOW_HOME ${home}: ${messageOf(error)}`, {
    kind: 'infra',
    hint: 'set PAYFLOW_HOME to a directory you may write to',
    cause: error,
  })
}

/** Creates the home. @throws PayflowError (infra) when nothing can be written there */
export function prepareHome(home: string, directories: readonly string[] = []): void {
  try {
    for (const directory of [home, ...directories]) {
      mkdirSync(directory, { recursive: true })
      accessSync(directory, constants.W_OK | constants.X_OK)
    }
  } catch (error) {
    throw explainHomeError(error, home)
  }
}

/** Empty for the default home, otherwise short and its own, so that what runs for two homes does not share a name. */
export function homeSuffix(home: string): string {
  const absolute = resolve(home)
  if (absolute === join(homeDirectory() ?? '/', '.payflow')) return ''
  return `-${createHash('sha256').update(absolute).digest('hex').slice(0, 8)}`
}
