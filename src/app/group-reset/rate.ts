import type { ProgressMark } from '../../runtime/state/last-progress.ts'

/** Long enough to even out single transactions. */
const WINDOW_MS = 5_000
const LEAST_MS = 1_000

const total = ({ progress }: ProgressMark): number =>
  Object.values(progress.offsets).reduce((sum, offset) => sum + offset, 0)

/**
 * Offsets a second at which a worker got on in the best five seconds that its progress records tell of; undefined when they tell of no
 * progress. `marks`: of each of its partitions, oldest first.
 */
export function measuredRate(marks: readonly (readonly ProgressMark[])[]): number | undefined {
  const steps = marks
    .flatMap((of) => of.slice(1).map((mark, i) => ({ atMs: mark.atMs, offsets: total(mark) - total(of[i]!) })))
    .filter(({ offsets }) => offsets > 0)
    .sort((a, b) => a.atMs - b.atMs)
  const [first, last] = [steps[0], steps.at(-1)]
  if (!first || !last) return undefined
  const begin = Math.min(first.atMs, ...marks.flatMap((of) => (of[0] ? [of[0].atMs] : [])))
  const windowMs = Math.min(WINDOW_MS, Math.max(last.atMs - begin, LEAST_MS))
  let best = 0
  let within = 0
  for (let from = 0, to = 0; to < steps.length; to++) {
    within += steps[to]!.offsets
    while (steps[to]!.atMs - steps[from]!.atMs >= windowMs) within -= steps[from++]!.offsets
    best = Math.max(best, within)
  }
  return (best / windowMs) * 1000
}
