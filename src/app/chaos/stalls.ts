import type { FaultKind } from './plan.ts'

/** How far one group had come in one partition of its input at one moment. */
export interface Position {
  readonly worker: string
  readonly topic: string
  readonly partition: number
  readonly committed: number
  /** The last stable offset. */
  readonly end: number
}

export interface ObservedFault {
  readonly kind: FaultKind
  /** Whose progress it concerns. */
  readonly workers: readonly string[]
  /** From when on progress is possible again: the fault itself, or the moment at which a broker is back. */
  readonly sinceMs: number
}

export interface KindFigures {
  readonly kind: FaultKind
  readonly faults: number
  /** ms to the next commit of a worker concerned; null when none was seen. */
  readonly medianRecoveryMs: number | null
  readonly maxRecoveryMs: number | null
  /** The longest time in which a partition had something to read and nothing was committed, from such a fault on. */
  readonly maxStallMs: number
}

interface Track {
  committed: number
  /** Since when there is something to read and nothing was committed. */
  waitingSinceMs: number | undefined
}

/** A stall that begins this long after a fault is still taken for its effect: a dead owner goes unnoticed until something comes. */
const EFFECT_MS = 5_000

/** Works out of samples of offsets how long workers stood still, and after which faults. */
export class StallTracker {
  readonly #tracks = new Map<string, Track>()
  readonly #faults: (ObservedFault & { recoveryMs: number | undefined; stallMs: number })[] = []
  #brokersBackMs = -Infinity
  #longest = { ms: 0, where: '' }

  fault(fault: ObservedFault): void {
    this.#faults.push({ ...fault, recoveryMs: undefined, stallMs: 0 })
  }

  /** Time before this moment does not count as a stall of any worker. */
  brokersBack(atMs: number): void {
    this.#brokersBackMs = atMs
  }

  observe(atMs: number, positions: readonly Position[]): void {
    for (const position of positions) {
      const key = `${position.worker} ${position.topic}/${position.partition}`
      const track = this.#tracks.get(key)
      if (track === undefined) {
        this.#tracks.set(key, { committed: position.committed, waitingSinceMs: waiting(position, atMs) })
        continue
      }
      const moved = position.committed !== track.committed
      if (moved) {
        this.#recovered(position.worker, atMs)
        if (track.waitingSinceMs !== undefined) this.#stalled(key, position.worker, track.waitingSinceMs, atMs)
      }
      track.committed = position.committed
      track.waitingSinceMs = moved || position.end <= position.committed ? waiting(position, atMs) : (track.waitingSinceMs ?? atMs) // prettier-ignore
    }
  }

  /** Counts what stands still now as if it had moved at this moment. */
  finish(atMs: number): void {
    for (const [key, { waitingSinceMs }] of this.#tracks)
      if (waitingSinceMs !== undefined) this.#stalled(key, key.split(' ')[0]!, waitingSinceMs, atMs)
  }

  /** The longest stall of a partition, the time in which brokers were away left out. */
  get longest(): { readonly ms: number; readonly where: string } {
    return this.#longest
  }

  figures(): KindFigures[] {
    const kinds = [...new Set(this.#faults.map(({ kind }) => kind))]
    return kinds.map((kind) => {
      const faults = this.#faults.filter((fault) => fault.kind === kind)
      const times = faults.flatMap(({ recoveryMs }) => recoveryMs ?? []).sort((a, b) => a - b)
      return {
        kind,
        faults: faults.length,
        medianRecoveryMs: times[(times.length - 1) >> 1] ?? null,
        maxRecoveryMs: times.at(-1) ?? null,
        maxStallMs: Math.max(0, ...faults.map(({ stallMs }) => stallMs)),
      }
    })
  }

  #recovered(worker: string, atMs: number): void {
    for (const fault of this.#faults)
      if (fault.recoveryMs === undefined && atMs > fault.sinceMs && fault.workers.includes(worker))
        fault.recoveryMs = Math.round(atMs - fault.sinceMs)
  }

  #stalled(where: string, worker: string, fromMs: number, toMs: number): void {
    const ms = Math.round(toMs - Math.max(fromMs, this.#brokersBackMs))
    if (ms > this.#longest.ms) this.#longest = { ms, where }
    for (const fault of this.#faults) {
      if (toMs <= fault.sinceMs || fromMs > fault.sinceMs + EFFECT_MS || !fault.workers.includes(worker)) continue
      const from = Math.max(fromMs, fault.sinceMs, this.#brokersBackMs)
      fault.stallMs = Math.max(fault.stallMs, Math.round(toMs - from))
    }
  }
}

const waiting = ({ committed, end }: Position, atMs: number): number | undefined => (end > committed ? atMs : undefined)
