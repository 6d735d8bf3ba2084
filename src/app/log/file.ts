import { closeSync, fstatSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** How often it is looked whether the file has been moved away under its name. */
const LOOK_MS = 1_000

export interface LogFileOptions {
  /** A file that would be larger becomes `<path>.1`, in place of an older one. Absent: it grows, and others rotate it. */
  readonly maxBytes?: number
}

/**
 * A file to which lines are appended, each with one system call: nothing is lost when the process is killed, and several processes may
 * append to the same file. A file that was moved or deleted is created again.
 */
export class LogFile {
  readonly path: string
  readonly #maxBytes: number
  #fd: number
  #lookedMs = performance.now()

  /** @throws the file system's error when it cannot be opened */
  constructor(path: string, { maxBytes = Infinity }: LogFileOptions = {}) {
    this.path = path
    this.#maxBytes = maxBytes
    mkdirSync(dirname(path), { recursive: true })
    this.#fd = openSync(path, 'a', 0o640)
  }

  /** Appends one line. A disk that is full or gone costs lines, and nothing else: it does not throw. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(`${line}\n`)
      this.#makeRoom(bytes.length)
      writeSync(this.#fd, bytes)
    } catch {
      // There is no better place to say so.
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #makeRoom(bytes: number): void {
    if (this.#maxBytes === Infinity) {
      const nowMs = performance.now()
      if (nowMs - this.#lookedMs < LOOK_MS) return
      this.#lookedMs = nowMs
      if (!this.#isInPlace()) this.#reopen()
      return
    }
    // asked each time: another process may write to it too
    if (fstatSync(this.#fd).size + bytes <= this.#maxBytes) return
    if (this.#isInPlace()) renameSync(this.path, `${this.path}.1`)
    this.#reopen()
  }

  /** Whether what is open is what has its name. */
  #isInPlace(): boolean {
    const there = statSync(this.path, { throwIfNoEntry: false })
    const own = fstatSync(this.#fd)
    return there !== undefined && there.ino === own.ino && there.dev === own.dev
  }

  #reopen(): void {
    const before = this.#fd
    this.#fd = openSync(this.path, 'a', 0o640)
    closeSync(before)
  }
}
