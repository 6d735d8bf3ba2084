import { durationText } from '../../duration-text.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import type { Trend } from './trend.ts'

/** How things are in one line, worst first, and the command that shows more or mends it. */
export interface Judgement {
  readonly level: 'ok' | 'info' | 'warning' | 'bad'
  readonly text: string
  readonly command: string
}

export interface JudgedWorker {
  readonly worker: string
  readonly running: boolean
  readonly lag: number
  /** Null: not known. */
  readonly lagSeconds: number | null
  readonly undecided: number
  readonly trend: Trend
  readonly secondsToEmpty: number | null
}

export interface Judged {
  /** Null: the brokers have never answered. */
  readonly silentSeconds: number | null
  /** What keeps them from answering. */
  readonly trouble: string | null
  readonly topicsMissing: readonly string[]
  readonly leaderless: number
  readonly workers: readonly JudgedWorker[]
}

/** Lag below these is just what is in flight. */
export const NOTICEABLE_LAG = 1_000
const NOTICEABLE_SECONDS = 5

const isBehind = ({ lag, lagSeconds }: JudgedWorker): boolean =>
  lag > 0 && (lagSeconds === null ? lag >= NOTICEABLE_LAG : lagSeconds >= NOTICEABLE_SECONDS)

const records = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'record' : 'records'}`

const pace = { growing: ' and growing', draining: ', draining', steady: '' } as const

function behindText({ worker, lag, lagSeconds, trend, secondsToEmpty }: JudgedWorker): string {
  const far = lagSeconds === null ? records(lag) : `${durationText(lagSeconds)} (${records(lag)})`
  const end = secondsToEmpty === null ? '' : `: caught up in about ${durationText(secondsToEmpty)}`
  return `${worker} is ${far} behind${pace[trend]}${end}`
}

const describe = ({ worker }: JudgedWorker): string => `payflow groups describe ${groupOf(worker)}`
const seconds = ({ lag, lagSeconds }: JudgedWorker): number => lagSeconds ?? lag / NOTICEABLE_LAG

export function judge({ silentSeconds, trouble, topicsMissing, leaderless, workers }: Judged): Judgement {
  const bad = (text: string, command: string): Judgement => ({ level: 'bad', text, command })
  const why = trouble === null ? '' : `: ${trouble}`
  if (silentSeconds === null) return bad(`The brokers have not answered yet${why}`, 'payflow infra status')
  if (silentSeconds > 0)
    return bad(
      `The brokers have not answered for ${durationText(silentSeconds)}; the figures are as old`,
      'payflow infra status',
    )
  if (topicsMissing.length > 0)
    return { level: 'info', text: `Not created yet: ${topicsMissing.join(', ')}`, command: 'payflow topics create' }
  if (leaderless > 0)
    return bad(`${leaderless} ${leaderless === 1 ? 'partition has' : 'partitions have'} no leader`, 'payflow topics list') // prettier-ignore
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
    return { level: 'warning', text: `${records(held[0].undecided)} of ${held[0].worker} wait behind an open transaction${andMore(held)}`, command: describe(held[0]) } // prettier-ignore
  const behind = workers.filter(isBehind).sort((a, b) => seconds(b) - seconds(a))
  if (behind[0])
    return { level: 'warning', text: `${behindText(behind[0])}${andMore(behind)}`, command: describe(behind[0]) }
  if (stopped[0])
    return { level: 'info', text: `${stopped.map(({ worker }) => worker).join(', ')} ${stopped.length === 1 ? 'does' : 'do'} not run`, command: `payflow worker ${stopped[0].worker}` } // prettier-ignore
  return { level: 'ok', text: 'Everything keeps up', command: 'payflow groups list' }
}

const andMore = (all: readonly unknown[]): string => (all.length > 1 ? `; ${all.length - 1} more` : '')
