import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const intervalMs = 5_000

/** Resident memory of the worker processes of a PAYFLOW_HOME, and of what runs them, sampled until `end`. */
export class Memory {
  #home
  #supervisor
  #samples = []
  #timer

  constructor(home, supervisor) {
    this.#home = home
    this.#supervisor = supervisor
    this.#timer = setInterval(() => this.#sample(), intervalMs)
  }

  end() {
    clearInterval(this.#timer)
  }

  /** MB at most in each third of the time: of any worker process, and of the process that supervises them. */
  figures() {
    const thirds = [0, 1, 2].map((n) => this.#samples.slice((n * this.#samples.length) / 3, ((n + 1) * this.#samples.length) / 3)) // prettier-ignore
    const most = (of) => thirds.map((samples) => Math.round(Math.max(0, ...samples.flatMap(of))))
    return { workers: most(({ workers }) => workers), supervisor: most(({ supervisor }) => supervisor) }
  }

  #sample() {
    const run = join(this.#home, 'run')
    const pids = readdirSync(run).flatMap((name) => /^worker-(\d+)\.json$/.exec(name)?.[1] ?? [])
    this.#samples.push({ workers: pids.flatMap(residentMb), supervisor: residentMb(this.#supervisor) })
  }
}

/** Nothing of a process that is gone. */
export function residentMb(pid) {
  try {
    return [Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024]
  } catch {
    return []
  }
}
