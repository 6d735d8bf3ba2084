import type { AnyWorker } from '../../pipeline/worker/definition.ts'
import { DEAD_LETTERS } from '../../pipeline/events/topics.ts'
import { changesBetween, Restarts, type Seen } from './changes.ts'
import type { BrokerView, Mark, TopicView, Verdict, WorkerView } from './model.ts'
import type { LagPoint } from './trend.ts'
import { judge, type Judgement } from './verdict.ts'
import { watchedOf } from './watched.ts'
import { brokerViews, processedPerSecond, topicViews, workerViews, type Look } from './views.ts'

/** Everything that a look tells, beside those before it. */
export interface Overview {
  /** ms since 1970. */
  readonly atMs: number
  readonly topics: readonly TopicView[]
  readonly workers: readonly WorkerView[]
  readonly brokers: readonly BrokerView[]
  /** Lags of each worker over the last minute, oldest first. */
  readonly past: ReadonlyMap<string, readonly LagPoint[]>
  /** What has happened since the look before. */
  readonly marks: readonly Mark[]
  /** How much of what is counted by reading is read, 0..1. */
  readonly read: number
}

const TREND_MS = 30_000
const PAST_MS = 60_000

export interface ObserverOptions {
  readonly workers: readonly AnyWorker[]
  readonly topics: readonly string[]
}

/** Makes of looks, one after the other, what all views show. */
export class Observer {
  readonly #options: ObserverOptions
  /** Topics that are counted by reading them. */
  readonly #counted: ReadonlySet<string>
  readonly #past = new Map<string, LagPoint[]>()
  readonly #restarts = new Restarts()
  #before: Look | undefined
  #seen: Seen | undefined

  constructor(options: ObserverOptions) {
    this.#options = options
    this.#counted = new Set([...options.workers.map(({ output }) => output.name), DEAD_LETTERS])
  }

  take(look: Look): Overview {
    const { topics: names } = this.#options
    const { sample, atMs, read } = look
    const watched = [...this.#options.workers.map(watchedOf), ...sample.customs]
    const brokers = brokerViews(sample.cluster)
    const marks = this.#notice(look, brokers)
    this.#remember(look)
    const topics = topicViews(this.#before, look, names, this.#counted)
    const rates = processedPerSecond(this.#before, look, watched, topics)
    const trendOver = new Map([...this.#past].map(([worker, points]) => [worker, points.filter((point) => point.atMs >= sample.atMs - TREND_MS)])) // prettier-ignore
    const workers = workerViews(look, watched, { past: trendOver, restarts: this.#restarts, rates })
    this.#before = look
    const past = new Map([...this.#past].map(([worker, points]) => [worker, [...points]]))
    return { atMs, topics, workers, brokers, past, marks, read }
  }

  /** Draws from a look what is only seen beside the one before. */
  #notice({ sample, processes, atMs }: Look, brokers: readonly BrokerView[]): Mark[] {
    const pids = new Map<string, number[]>()
    for (const { pid, workers } of processes)
      for (const { name } of workers) pids.set(name, [...(pids.get(name) ?? []), pid])
    const seen: Seen = { brokers, groups: sample.workers, processes: pids }
    const before = this.#seen
    this.#seen = seen
    if (!before) return []
    this.#restarts.see(before, seen)
    return changesBetween(before, seen, atMs)
  }

  #remember({ sample }: Look): void {
    for (const { worker, lag } of sample.workers) {
      const past = this.#past.get(worker) ?? []
      past.push({ atMs: sample.atMs, lag })
      while (past[0] && past[0].atMs < sample.atMs - PAST_MS) past.shift()
      this.#past.set(worker, past)
    }
  }
}

/** An overview, and how old it is by now. */
export interface Standing {
  /** Undefined: there was none yet. */
  readonly overview: Overview | undefined
  /** Why the last look failed; null when it did not. */
  readonly trouble: string | null
  /** ms since 1970. */
  readonly nowMs: number
  /** Between two looks. */
  readonly intervalMs: number
}

/** Beyond the time between two looks. */
const LATE_MS = 2_500

/** How long the brokers have not answered: 0 while they do, null when they never have. */
export function silentSecondsOf({ overview, nowMs, intervalMs }: Standing): number | null {
  if (!overview) return null
  const ageMs = nowMs - overview.atMs
  return ageMs > intervalMs + LATE_MS ? ageMs / 1000 : 0
}

/** `names`: topics that there should be. `before`: the verdict until now, so that this one knows since when it is so. */
export function verdictOf(standing: Standing, names: readonly string[], before: Verdict | undefined): Verdict {
  const { overview, trouble, nowMs } = standing
  const { topics = [], workers = [] } = overview ?? {}
  const there = new Set(topics.map(({ topic }) => topic))
  const judged = judge({
    ...{ silentSeconds: silentSecondsOf(standing), trouble, nowMs, workers },
    topicsMissing: names.filter((name) => !there.has(name)),
    leaderless: topics.reduce((sum, { leaderless }) => sum + leaderless, 0),
    underReplicated: topics.reduce((sum, { underReplicated }) => sum + underReplicated, 0),
  })
  return since(judged, before, nowMs)
}

/** Figures in the text change all the time: it is the same verdict while it is about the same. */
function since(now: Judgement, before: Verdict | undefined, nowMs: number): Verdict {
  const same = before?.level === now.level && before.command === now.command
  return { ...now, sinceMs: same ? before.sinceMs : nowMs }
}
