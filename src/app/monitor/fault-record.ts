import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf, systemCodeOf } from '../../errors.ts'
import type { Log } from '../../log.ts'

const faultSchema = z.object({ atMs: z.number(), kind: z.string(), target: z.string(), what: z.string() })
/** One thing that chaos did, for those who watch in another process. */
export type RecordedFault = Readonly<z.infer<typeof faultSchema>>

const MOST_BYTES = 256 * 1024

const pathOf = (home: string): string => join(home, 'run', 'faults.jsonl')

/** Lets others see what is broken. Where nothing can be written, they just do not. */
export function recordFault(home: string, fault: RecordedFault, log: Log): void {
  const path = pathOf(home)
  try {
    mkdirSync(dirname(path), { recursive: true })
    const line = `${JSON.stringify(fault)}\n`
    if (sizeOf(path) > MOST_BYTES) writeFileSync(path, line)
    else appendFileSync(path, line)
  } catch (error) {
    log('warn', 'fault-not-recorded', { path, error: messageOf(error) })
  }
}

/** Faults as they are recorded, from now on. */
export class FaultFeed {
  readonly #path: string
  readonly #log: Log
  #size: number
  #untilMs = Date.now()

  constructor(home: string, log: Log) {
    this.#path = pathOf(home)
    this.#log = log
    this.#size = sizeOf(this.#path)
  }

  /** Those that have come since it was asked last, oldest first. */
  next(): RecordedFault[] {
    try {
      const size = sizeOf(this.#path)
      if (size === this.#size) return []
      const all = readFileSync(this.#path, 'utf8').split('\n').flatMap(read)
      const fresh = all.filter(({ atMs }) => atMs > this.#untilMs)
      this.#size = size
      this.#untilMs = fresh.at(-1)?.atMs ?? this.#untilMs
      return fresh
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') this.#log('warn', 'faults-unreadable', { path: this.#path, error: messageOf(error) }) // prettier-ignore
      return []
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** A line that is being written is not there yet. */
function read(line: string): RecordedFault[] {
  try {
    return [faultSchema.parse(JSON.parse(line))]
  } catch {
    return []
  }
}
