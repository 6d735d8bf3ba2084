import type { Settings } from '../settings.ts'
import { Chaos, type ChaosEvent, type ChaosOptions, type FaultFigures } from './chaos.ts'
import { reach } from './cluster.ts'

export interface ChaosReport extends FaultFigures {
  /** ms from the end of the faults until all that was there then was processed; undefined when interrupted. */
  readonly catchUpMs: number | undefined
}

/** Breaks things for a while, heals them and waits until the workers have caught up. Aborting `signal` ends it after the healing. */
export async function runChaos(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  options: ChaosOptions,
  {
    signal,
    onEvent,
    onStart,
  }: { signal: AbortSignal; onEvent: (event: ChaosEvent) => void; onStart: (chaos: Chaos) => void },
): Promise<ChaosReport> {
  await reach(settings)
  const chaos = await Chaos.prepare(settings, env, options, onEvent)
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
    await chaos.heal().catch(() => undefined)
    figures = await chaos.end()
  }
  return { ...figures, catchUpMs }
}
