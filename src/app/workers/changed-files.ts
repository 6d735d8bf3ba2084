import { statSync } from 'node:fs'
import { pause } from '../../pause.ts'

const LOOK_INTERVAL_MS = 200
const GONE = 'gone'

/** Tells one content of a file from the next, as far as the file system does; editors that write by renaming change the inode. */
function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return GONE // or not there yet
  }
}

/**
 * Notices that files change. It looks at them, rather than being told: that works on every file system, mounted or of a container too, and for files
 * that are replaced, or are not there yet.
 */
export class ChangedFiles {
  readonly #seen = new Map<string, string>()

  /** From now on these are looked at too. */
  add(files: readonly string[]): void {
    for (const file of files) if (!this.#seen.has(file)) this.#seen.set(file, stampOf(file))
  }

  /** The files that have changed since they were added, or since this was last so; when `signal` is aborted, none. */
  async next(signal: AbortSignal): Promise<string[]> {
    let before = ''
    while (!signal.aborted) {
      const now = new Map([...this.#seen.keys()].map((file) => [file, stampOf(file)]))
      // one that is gone is being replaced, as a rule
      const changed = [...now].flatMap(([file, stamp]) =>
        stamp !== GONE && stamp !== this.#seen.get(file) ? [file] : [],
      )
      const all = JSON.stringify([...now])
      if (changed.length > 0 && all === before) {
        for (const file of changed) this.#seen.set(file, now.get(file)!)
        return changed
      }
      before = all
      await pause(LOOK_INTERVAL_MS, signal)
    }
    return []
  }
}
