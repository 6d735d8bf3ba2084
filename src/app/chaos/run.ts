import type { Settings } from '../../settings/resolve.ts'
import { Chaos, type ChaosEvent, type FaultFigures } from './chaos.ts'
import { possibleIntervals, type ChaosOptions } from './options.ts'
import { defaultIntervals } from './plan.ts'
import type { Surroundings } from './workers.ts'
import { reach } from '../cluster.ts'
import type { WorkerChoice } from '../workers/arguments.ts'

interface ChaosReport extends FaultFigures {
  /** ms from the end of the faults until all that was there then was processed; undefined when interrupted. */
  readonly catchUpMs: number | undefined
}

/** The result, and which workers are to be audited now. */
export interface ChaosOutcome {
  readonly report: ChaosReport
  readonly choices: readonly WorkerChoice[]
}

/** Breaks things for a while, heals them and waits until the workers have caught up. Aborting `signal` ends it after the healing. */
export async function runChaos(
  settings: Settings,
  surroundings: Surroundings,
  options: ChaosOptions,
  {
    signal,
    onEvent,
    onStart,
  }: { signal: AbortSignal; onEvent: (event: ChaosEvent) => void; onStart: (chaos: Chaos) => void },
): Promise<ChaosOutcome> {
  await reach(settings)
  const chaos = await Chaos.prepare(settings, surroundings, options, onEvent)
  onStart(chaos)
  const heal = (): void => void chaos.heal().catch(() => undefined) // it is awaited below, and throws there
  signal.addEventListener('abort', heal, { once: true })
  let catchUpMs: number | undefined
  let figures: FaultFigures
  try {
    await chaos.start().over
    await chaos.heal()
    const healedMs = performance.now()
    if (!signal.aborted) {
      await chaos.recover(signal)
      catchUpMs = Math.round(performance.now() - healedMs)
    }
  } finally {
    signal.removeEventListener('abort', heal)
    figures = await chaos.end()
  }
  return { report: { ...figures, catchUpMs }, choices: chaos.choices }
}

/** Injects the usual faults until it is asked to heal, which an abort of `signal` does too. */
export async function beginChaos(
  settings: Settings,
  surroundings: Surroundings,
  seed: number,
  { signal, onEvent }: { signal: AbortSignal; onEvent: (event: ChaosEvent) => void },
): Promise<Chaos> {
  const { intervals } = await possibleIntervals(settings, surroundings.env, {
    wanted: defaultIntervals,
    log: surroundings.log,
  })
  const chaos = await Chaos.prepare(
    settings,
    surroundings,
    { seed, intervals, mixed: false, durationMs: Infinity },
    onEvent,
  )
  signal.addEventListener('abort', () => void chaos.heal().catch(() => undefined), { once: true }) // who waits for it hears of it
  void chaos.start().over.catch(() => undefined) // `heal` waits for it, and throws what it threw
  return chaos
}
