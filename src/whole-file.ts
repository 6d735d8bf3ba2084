import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'

/**
 * Replaces a file, or makes it with its directory: whoever reads it meanwhile sees all of the old content or all of the new, and nothing else is left
 * when it cannot be written. @throws the system's error
 */
export function writeWhole(path: string, content: string | Uint8Array, mode?: number): void {
  const draft = `${path}.${process.pid}`
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(draft, content, { mode })
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
