import { randomInt } from 'node:crypto'
import type { Command } from 'commander'
import {
  defaultIntervals,
  faultDescriptions,
  faultKinds,
  mixedIntervals,
  type FaultKind,
  type Intervals,
} from '../../app/chaos/plan.ts'
import { interval } from '../shell/parsers.ts'

export type TypedIntervals = Readonly<Record<string, unknown>> & { readonly mixed?: boolean }

const SEED_LIMIT = 2 ** 32

/** An option for the mean interval of each kind of fault, and its opposite. */
export function addIntervalOptions(command: Command): Command {
  for (const kind of faultKinds) {
    const usual = defaultIntervals[kind]
    const shown = usual === 0 ? 'off' : `${usual / 1000}s`
    command.option(`--${kind} <time>`, `${faultDescriptions[kind]}; on average every (${shown})`, interval)
    command.option(`--no-${kind}`, `without ${kind}`)
  }
  return command.option(
    '--mixed',
    'every kind; which ones are active changes at random every 15 s, and sometimes none is',
  )
}

/** What was typed, or else the usual intervals. */
export function intervalsOf(typed: TypedIntervals): Intervals {
  const usual = typed.mixed === true ? mixedIntervals : defaultIntervals
  const of = (kind: FaultKind): number => {
    const value = typed[camelCase(kind)]
    if (value === false) return 0
    return typeof value === 'number' ? value : usual[kind]
  }
  return Object.fromEntries(faultKinds.map((kind) => [kind, of(kind)])) as Record<FaultKind, number>
}

export const anySeed = (): number => randomInt(SEED_LIMIT)

const camelCase = (name: string): string => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
