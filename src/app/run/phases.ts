import type { Log } from '../../log.ts'
import { comparedWithLast } from '../phase-times.ts'
import type { RunStart } from './infra.ts'

/** Whose length depends on this machine and what there is on it, and on nothing that flows. */
const comparedPhases = ['brokers', 'topics', 'workers', 'ksql']

export const secondsSince = (startMs: number): number => Math.round(performance.now() - startMs) / 1000

/** How long the phases of a run took. */
export class Phases {
  readonly seconds: Record<string, number> = {}
  /** How the brokers came up; undefined: they have not yet. */
  start: Omit<RunStart, 'settings'> | undefined

  async measure<Result>(name: string, signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    const startMs = performance.now()
    const result = await run()
    this.seconds[name] = secondsSince(startMs)
    return result
  }

  /** Beside those of the last run, in words; they are kept for the next one. */
  comparedWithLast(home: string, log: Log): string[] {
    if (this.start === undefined) return []
    const { kind, started, causes } = this.start
    const names = comparedPhases.filter((name) => name in this.seconds && (name !== 'brokers' || started))
    const phases = Object.fromEntries(names.map((name) => [name, this.seconds[name]!]))
    return comparedWithLast(home, kind, { phases, causes: { brokers: causes } }, log)
  }
}
