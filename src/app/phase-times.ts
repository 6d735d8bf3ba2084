import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { writeWhole } from '../whole-file.ts'

/** How long the phases of a command took, in seconds, and what made one of them longer than it usually is. */
export interface PhaseTimes {
  readonly phases: Readonly<Record<string, number>>
  readonly causes: Readonly<Record<string, readonly string[]>>
}

const kept = z.record(
  z.string(),
  z.object({ phases: z.record(z.string(), z.number()), causes: z.record(z.string(), z.array(z.string())) }),
)
type Kept = z.infer<typeof kept>

const pathOf = (home: string): string => join(home, 'phase-times.json')

/** What is unreadable counts as nothing: it is written again. */
function read(home: string): Kept {
  try {
    return kept.parse(JSON.parse(readFileSync(pathOf(home), 'utf8')))
  } catch {
    return {}
  }
}

/**
 * Compares the phases of a run with those of the last one of its kind, in words, and keeps them in `home` for the next. `kind`: what must be
 * the same for a comparison to make sense, such as command, engine and number of brokers.
 */
export function comparedWithLast(home: string, kind: string, times: PhaseTimes, log: Log): string[] {
  const all = read(home)
  const before = all[kind]
  const phases = { ...before?.phases, ...times.phases }
  const causes = {
    ...before?.causes,
    ...Object.fromEntries(Object.keys(times.phases).map((phase) => [phase, [...(times.causes[phase] ?? [])]])),
  }
  const path = pathOf(home)
  try {
    writeWhole(path, `${JSON.stringify({ ...all, [kind]: { phases, causes } }, null, 2)}\n`)
  } catch (error) {
    log('info', 'phase-times-not-kept', { path, error: messageOf(error) }) // on a full disk, say: nothing else depends on them
  }
  return before ? compared(before, times) : []
}

const LEAST_SECONDS = 1
const LEAST_SHARE = 0.3

/** A line for each phase that took notably longer than last time, or shorter where it is known why. */
export function compared(before: PhaseTimes, now: PhaseTimes): string[] {
  return Object.entries(now.phases).flatMap(([phase, seconds]) => {
    const last = before.phases[phase]
    if (last === undefined || Math.abs(seconds - last) < Math.max(LEAST_SECONDS, LEAST_SHARE * Math.min(last, seconds)))
      return []
    const isSlower = seconds > last
    const causes = (isSlower ? now : before).causes[phase] ?? []
    if (!isSlower && causes.length === 0) return []
    const why = causes.length === 0 ? '' : `: ${causes.join(', ')}${isSlower ? '' : ' then'}`
    const difference = `${Math.abs(seconds - last).toFixed(1)} s ${isSlower ? 'slower' : 'faster'}`
    return [`${phase} ${difference} than last time (${seconds.toFixed(1)} s, then ${last.toFixed(1)} s)${why}`]
  })
}
