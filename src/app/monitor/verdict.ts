import { durationText } from '../../duration-text.ts'
import type { ProcessView, Trend } from './model.ts'

/** How things are in one line, worst first, and the command that shows more or mends it. */
export interface Judgement {
  readonly level: 'ok' | 'info' | 'warning' | 'bad'
  readonly text: string
  readonly command: string
}

export interface JudgedWorker {
  readonly worker: string
  /** One that does not run is nobody's business: it may have been tried once. */
  readonly custom?: boolean
  readonly running: boolean
  readonly lag: number
  /** Null: not known. */
  readonly lagSeconds: number | null
  readonly undecided: number
  readonly trend: Trend
  readonly secondsToEmpty: number | null
  readonly processes?: readonly Pick<ProcessView, 'restarts' | 'startedMs'>[]
}

export interface Judged {
  /** Null: the brokers have never answered. */
  readonly silentSeconds: number | null
  /** What keeps them from answering. */
  readonly trouble: string | null
  readonly topicsMissing: readonly string[]
  readonly leaderless: number
  /** Partitions with fewer replicas in sync than they should have. */
  readonly underReplicated?: number
  /** ms since 1970. */
  readonly nowMs?: number
  readonly workers: readonly JudgedWorker[]
}

/** Lag below these is just what is in flight. */
export const NOTICEABLE_LAG = 1_000
const NOTICEABLE_SECONDS = 5

/** Whether its lag is more than what is in flight. */
export const isBehind = ({ lag, lagSeconds }: Pick<JudgedWorker, 'lag' | 'lagSeconds'>): boolean =>
  lag > 0 && (lagSeconds === null ? lag >= NOTICEABLE_LAG : lagSeconds >= NOTICEABLE_SECONDS)

const records = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'record' : 'records'}`

const pace = { growing: ' and growing', draining: ', draining', steady: '' } as const

function behindText({ worker, lag, lagSeconds, trend, secondsToEmpty }: JudgedWorker): string {
  const far = lagSeconds === null ? records(lag) : `${durationText(lagSeconds)} (${records(lag)})`
  const end = secondsToEmpty === null ? '' : `: caught up in about ${durationText(secondsToEmpty)}`
  return `${worker} is ${far} behind${pace[trend]}${end}`
}

/** A process that is started again so often, and was a moment ago, dies again and again. */
const MANY_RESTARTS = 3
const JUST_STARTED_MS = 60_000

const explain = ({ worker }: JudgedWorker): string => `payflow why ${worker}`
const seconds = ({ lag, lagSeconds }: JudgedWorker): number => lagSeconds ?? lag / NOTICEABLE_LAG

export function judge(judged: Judged): Judgement {
  const { silentSeconds, trouble, topicsMissing, leaderless } = judged
  const workers = judged.workers.filter(({ custom, running }) => !custom || running)
  const bad = (text: string, command: string): Judgement => ({ level: 'bad', text, command })
  const why = trouble === null ? '' : `: ${trouble}`
  if (silentSeconds === null) return bad(`The brokers have not answered yet${why}`, 'payflow infra status')
  if (silentSeconds > 0)
    return bad(
      `The brokers have not answered for ${durationText(silentSeconds)}; the figures are as old`,
      'payflow infra status',
    )
  const others = workers.some(({ custom }) => custom)
  if (topicsMissing.length > 0 && !others)
    return { level: 'info', text: missingText(topicsMissing), command: 'payflow topics create' }
  if (leaderless > 0)
    return bad(`${leaderless} ${leaderless === 1 ? 'partition has' : 'partitions have'} no leader`, 'payflow doctor') // prettier-ignore
  const stopped = workers.filter(({ running }) => !running)
  const waiting = stopped.filter(({ lag }) => lag > 0).sort((a, b) => b.lag - a.lag)
  if (stopped.length === workers.length)
    return waiting.length > 0
      ? bad(`No worker runs; ${records(waiting.reduce((sum, { lag }) => sum + lag, 0))} wait`, 'payflow worker all')
      : { level: 'info', text: 'No worker runs, and nothing waits', command: 'payflow worker all' }
  if (waiting[0])
    return bad(`${waiting[0].worker} does not run; ${records(waiting[0].lag)} wait${andMore(waiting)}`, `payflow worker ${waiting[0].worker}`) // prettier-ignore
  const held = workers.filter(({ undecided }) => undecided >= NOTICEABLE_LAG)
  if (held[0])
    return { level: 'warning', text: `${records(held[0].undecided)} of ${held[0].worker} wait behind an open transaction${andMore(held)}`, command: explain(held[0]) } // prettier-ignore
  const behind = workers.filter(isBehind).sort((a, b) => seconds(b) - seconds(a))
  if (behind[0])
    return { level: 'warning', text: `${behindText(behind[0])}${andMore(behind)}`, command: explain(behind[0]) }
  const dying = flapping(judged)
  if (dying) return dying
  const { underReplicated = 0 } = judged
  if (underReplicated > 0)
    return { level: 'warning', text: `${underReplicated} ${underReplicated === 1 ? 'partition has' : 'partitions have'} fewer replicas in sync than they should`, command: 'payflow doctor' } // prettier-ignore
  if (stopped[0])
    return { level: 'info', text: `${stopped.map(({ worker }) => worker).join(', ')} ${stopped.length === 1 ? 'does' : 'do'} not run`, command: `payflow worker ${stopped[0].worker}` } // prettier-ignore
  return { level: 'ok', text: 'Everything keeps up', command: 'payflow groups list' }
}

const NAMED = 3

function missingText(topics: readonly string[]): string {
  const more = topics.length - NAMED
  return `Not created yet: ${topics.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function flapping({ workers, nowMs = 0 }: Judged): Judgement | undefined {
  for (const { worker, processes = [] } of workers)
    for (const { restarts, startedMs } of processes)
      if (restarts >= MANY_RESTARTS && nowMs - startedMs < JUST_STARTED_MS)
        return { level: 'warning', text: `${worker} dies again and again: it was started again ${restarts} times`, command: `payflow why ${worker}` } // prettier-ignore
  return undefined
}

const andMore = (all: readonly unknown[]): string => (all.length > 1 ? `; ${all.length - 1} more` : '')
