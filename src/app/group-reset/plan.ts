import { PayflowError } from '../../errors.ts'
import type { GroupMember } from '../../kafka/group-members.ts'
import type { TopicPartition } from '../../kafka/partitions.ts'
import { isPayflowGroup } from '../../pipeline/events/topics.ts'
import { spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import { namesOf } from '../../runtime/task/positions.ts'
import { refused } from '../../runtime/task/position-errors.ts'
import { decide, type Standing } from '../../runtime/task/position-table.ts'
import type { ResetTarget } from './target.ts'

/** A partition that the group reads. */
export interface ReadPartition extends TopicPartition {
  /** Null: the group has no offset there. */
  readonly committed: number | null
  readonly start: number
  /** The last stable offset. */
  readonly end: number
  /** The first offset at or after the time that is asked for; absent: there is none, or no time is asked for. */
  readonly atTime?: number
  /** What the worker's progress record says of it; absent where no worker of payflow reads with this group. */
  readonly standing?: Standing
}

/** What a reset needs to know of a group. */
export interface GroupFacts {
  readonly group: string
  readonly members: readonly GroupMember[]
  readonly worker: AnyWorker | undefined
  readonly partitions: readonly ReadPartition[]
  /** Offsets a second that it was measured to get on by; undefined: nobody has. */
  readonly rate: number | undefined
}

export interface Move extends TopicPartition {
  /** Null: there is no offset yet, and whoever reads decides where it begins. */
  readonly from: number | null
  readonly to: number
  /** What `--to` said, where the log does not reach as far; absent, too, where it is empty. */
  readonly asked?: number
}

export interface GroupResetPlan {
  readonly group: string
  readonly moves: readonly Move[]
  /** Partitions that stay where they are. */
  readonly unmoved: number
  readonly members: readonly GroupMember[]
  readonly notes: readonly string[]
  /** Why the worker of this group could not begin there; absent: it could. */
  readonly refusal?: { readonly what: string; readonly hint: string }
  readonly rate: number | null
}

/** The partitions that are to move, and what their reader would make of that. From where there is no offset nothing is on or back. */
export function planGroupReset(facts: GroupFacts, target: ResetTarget): GroupResetPlan {
  const { group, members, worker, rate, partitions } = facts
  const wanted = partitions.map((at) => ({ at, move: moveOf(at, target) }))
  const moved = wanted.filter(
    ({ at, move }) => move.to !== at.committed && !(target.kind === 'shift' && at.committed === null),
  )
  const moves = moved.map(({ move }) => move)
  const refusal = worker && refusalOf(worker, moved)
  return {
    ...{ group, members, moves },
    unmoved: wanted.length - moved.length,
    notes: [...boundsNotes(moves), ...(worker && !refusal ? workerNotes(worker, moves) : []), ...unknownWorker(facts)],
    ...(refusal && { refusal }),
    rate: rate ?? null,
  }
}

function moveOf({ topic, partition, committed, start, end, atTime }: ReadPartition, target: ResetTarget): Move {
  const asked = {
    start: () => start,
    end: () => end,
    offset: () => (target.kind === 'offset' ? target.offset : 0),
    time: () => atTime ?? end,
    shift: () => (committed ?? start) + (target.kind === 'shift' ? target.by : 0),
  }[target.kind]()
  const to = Math.min(Math.max(asked, start), end)
  return { topic, partition, from: committed, to, ...(to !== asked && end > start && { asked }) }
}

const place = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

const boundsNotes = (moves: readonly Move[]): string[] =>
  moves.flatMap(
    (move) =>
    move.asked === undefined ? [] : [`${place(move)} does not hold offset ${move.asked}: ${move.to} is as near as it gets`], // prettier-ignore
  )

/** The first partition in which the worker would refuse to begin, by the table that decides it when the worker starts. */
function refusalOf(
  worker: AnyWorker,
  moved: readonly { readonly at: ReadPartition; readonly move: Move }[],
): GroupResetPlan['refusal'] {
  for (const { at, move } of moved) {
    if (!at.standing) continue
    const standing = { ...at.standing, committed: move.to }
    const decision = decide(standing)
    if (!('refusal' in decision)) continue
    const { message } = refused(decision.refusal, decision.at, standing, namesOf(worker, at))
    return {
      what: `${worker.name} would refuse to start there: ${message}`,
      hint: `to read its inputs again, rebuild it with \`payflow worker reset ${spelledAs(worker)}\``,
    }
  }
  return undefined
}

/** What a moved offset means for a worker that follows it. */
function workerNotes(worker: AnyWorker, moves: readonly Move[]): string[] {
  if (worker.state) return moves.length > 0 ? [`${worker.name} keeps state, and goes on where that was kept up to`] : []
  const back = moves.some(({ from, to }) => to < (from ?? to))
  const ahead = moves.some(({ from, to }) => to > (from ?? 0))
  return [
    ...(back ? [`${worker.name} writes the results of what it reads again a second time to ${worker.output.name}; \`payflow worker reset ${spelledAs(worker)}\` empties that first`] : []), // prettier-ignore
    ...(ahead ? [`${worker.name} never processes what is skipped: \`payflow audit\` will miss those results`] : []),
  ]
}

const unknownWorker = ({ group, worker }: GroupFacts): string[] =>
  worker || !isPayflowGroup(group) ? [] : ['if its worker keeps state, it follows no moved offset: rebuild that with `payflow worker reset` and its file'] // prettier-ignore

export const refuse = ({ what, hint }: NonNullable<GroupResetPlan['refusal']>): PayflowError =>
  new PayflowError('RESET_REFUSED', what, { kind: 'failed', hint })
