import { PayflowError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Settings } from '../../settings/resolve.ts'
import { brokerFaults, type FaultKind, type Intervals, type PlanOptions } from './plan.ts'
import { engineOf } from '../infra.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly intervals: Intervals
  readonly mixed: boolean
  /** Infinity: until it is asked to heal. */
  readonly durationMs: number
}

/** The intervals of what can be broken here: brokers only where they are payflow's own. @throws PayflowError (usage) when nothing is left */
export async function possibleIntervals(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  { wanted, log }: { wanted: Intervals; log: Log },
): Promise<{ intervals: Intervals; left: FaultKind[] }> {
  const { engine } = await engineOf(settings, env, { log })
  const left = engine.faults ? [] : [...brokerFaults].filter((kind) => wanted[kind] > 0)
  const intervals = { ...wanted, ...Object.fromEntries(left.map((kind) => [kind, 0])) }
  if (Object.values(intervals).some((intervalMs) => intervalMs > 0)) return { intervals, left }
  throw new PayflowError('NOTHING_TO_BREAK', 'Every kind of fault is turned off, or cannot be done here', {
    kind: 'usage',
    hint: 'name one, such as --kill-worker 5s',
  })
}

export const planOptionsOf = (
  { sessionTimeoutMs, transactionTimeoutMs }: Settings,
  { seed, intervals, mixed }: ChaosOptions,
): PlanOptions => ({ seed, intervals, mixed, sessionTimeoutMs, transactionTimeoutMs })
