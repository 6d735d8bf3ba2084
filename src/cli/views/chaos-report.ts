import type { ChaosEvent, FaultFigures } from '../../app/chaos/chaos.ts'
import type { PlannedFault } from '../../app/chaos/plan.ts'
import { table } from '../shell/output.ts'

const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`)

/** One line of the log: when, what kind, whom, what was done. */
export const eventLine = ({ seconds: at, kind, target, what }: ChaosEvent): string =>
  `${at.toFixed(1).padStart(6)} s  ${kind.padEnd(14)}  ${target}: ${what}`

export function planLines(plan: readonly PlannedFault[]): string[] {
  const rows = plan.map(({ atMs, kind, choice, lastsMs }) => [
    seconds(atMs),
    kind,
    String(choice),
    lastsMs === 0 ? '' : seconds(lastsMs),
  ])
  return table(['at', 'fault', 'choice', 'lasts'], rows)
}

export function figureLines({ kinds, longestStall, skipped, notRestarted }: FaultFigures): string[] {
  const rows = kinds.map(({ kind, faults, medianRecoveryMs, maxRecoveryMs, maxStallMs }) => [
    kind,
    faults,
    seconds(medianRecoveryMs),
    seconds(maxRecoveryMs),
    seconds(maxStallMs),
  ])
  const longest = longestStall.ms > 0 ? `, in ${longestStall.where}` : ''
  return [
    ...table(['fault', 'times', 'next commit, median', 'at most', 'longest stall'], rows),
    '',
    `longest time without progress, brokers serving: ${seconds(longestStall.ms)}${longest}`,
    ...(skipped > 0 ? [`${skipped} planned faults had nothing to break at their time`] : []),
    ...(notRestarted.length > 0 ? [`killed, and nobody starts them again: ${notRestarted.join(', ')}`] : []),
    '',
  ]
}
