import { durationText } from '../../duration-text.ts'
import type { GroupResetPlan } from '../../app/group-reset/plan.ts'
import type { CountedMove, Distance } from '../../app/group-reset/reset.ts'
import { visible } from '../../visible-text.ts'
import { formatCount, formatNumber } from '../shell/format-number.ts'
import { table } from '../shell/output.ts'

interface Shown extends Distance {
  readonly plan: GroupResetPlan
  readonly moves: readonly CountedMove[]
  readonly moved: boolean
}

/** `120 records again, about 3 s at the 41,000 a second that it was measured at`. */
function inWords({ again, skipped, approximate, plan: { rate } }: Shown): string[] {
  const about = approximate ? 'about ' : ''
  const records = (count: number): string => `${about}${formatCount(count, 'record')}`
  const time =
    rate === null
      ? 'how long that takes is not known: its rate was not measured'
      : `about ${durationText(Math.max(again / rate, 1))} at the ${formatNumber(rate)} a second that were measured`
  return [
    ...(again > 0 ? [`reads ${records(again)} again: ${time}`] : []),
    ...(skipped > 0 ? [`skips ${records(skipped)} that it has not read`] : []),
  ]
}

/** What a reset of a group would do, or has done, a line each. */
export function groupResetLines(shown: Shown): string[] {
  const { plan, moves, moved } = shown
  if (moves.length === 0) return [`${plan.group} stands there already`]
  const rows = moves.map(({ topic, partition, from, to, records }) => [
    topic,
    partition,
    from ?? '-',
    to,
    `${to < (from ?? 0) ? '-' : '+'}${formatNumber(records)}`,
  ])
  return [
    ...table(['topic', 'partition', moved ? 'was' : 'offset', moved ? 'is' : 'would be', 'records'], rows),
    '',
    ...inWords(shown),
    ...plan.notes.map((note) => `note: ${note}`),
    ...(plan.refusal ? [`not possible: ${plan.refusal.what}`, `→ ${plan.refusal.hint}`] : []),
    ...plan.members.map(({ clientId, host }) => `first end its member ${visible(clientId)} at ${host}`),
  ]
}
