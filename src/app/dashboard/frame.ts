import { judge, type Judgement } from '../monitor/verdict.ts'
import type { Audited } from '../metrics/last-audit.ts'
import type { Folds } from './folds.ts'
import type { AuditView, BrokerView, Frame, Mark, TopicView, Verdict, WorkerView } from './model.ts'
import type { Look } from './views.ts'

/** What is shown between two looks. */
export interface Shown {
  /** The last look; undefined: there was none. */
  readonly look: Look | undefined
  /** Why the last look failed; null when it did not. */
  readonly trouble: string | null
  readonly topics: readonly TopicView[]
  readonly workers: readonly WorkerView[]
  readonly brokers: readonly BrokerView[]
}

export interface Around {
  readonly marks: readonly Mark[]
  readonly audit: AuditView | null
  readonly folds: Folds
  readonly intervalMs: number
  /** Topics that there should be. */
  readonly names: readonly string[]
  /** That of the frame before. */
  readonly verdict: Verdict | undefined
}

/** Beyond the time between two looks. */
const LATE_MS = 2_500

export function frameOf(shown: Shown, { marks, audit, folds, intervalMs, names, verdict: before }: Around): Frame {
  const nowMs = Date.now()
  const { look, trouble, topics, workers, brokers } = shown
  const ageMs = look ? nowMs - look.atMs : 0
  const silentSeconds = look ? (ageMs > intervalMs + LATE_MS ? ageMs / 1000 : 0) : null
  const there = new Set(topics.map(({ topic }) => topic))
  const judged = judge({
    ...{ silentSeconds, trouble, workers },
    topicsMissing: names.filter((name) => !there.has(name)),
    leaderless: topics.reduce((sum, { leaderless }) => sum + leaderless, 0),
  })
  return {
    atMs: nowMs,
    sampledMs: look?.atMs ?? null,
    verdict: since(judged, before, nowMs),
    ...{ trouble, topics, workers, brokers, marks, audit },
    money: look ? folds.money.view(nowMs, look.read === 1) : null,
    latency: folds.latency.view(nowMs),
    letters: look ? folds.letters.view() : null,
    attention: folds.attention.items,
    read: look?.read ?? 0,
  }
}

/** Figures in the text change all the time: it is the same verdict while it is about the same. */
function since(now: Judgement, before: Verdict | undefined, nowMs: number): Verdict {
  const same = before?.level === now.level && before.command === now.command
  return { ...now, sinceMs: same ? before.sinceMs : nowMs }
}

/** The last audit of every worker that had one, as old as the oldest of them. */
export function auditView(audited: Audited): AuditView | null {
  const found = Object.entries(audited)
  if (found.length === 0) return null
  return {
    atMs: Math.min(...found.map(([, { atMs }]) => atMs)),
    ok: found.every(([, { ok }]) => ok),
    workers: found.length,
    inputs: found.reduce((sum, [, { inputs }]) => sum + inputs, 0),
    differences: found.reduce((sum, [, { differences }]) => sum + differences, 0),
    first: found.find(([, { ok }]) => !ok)?.[0] ?? null,
  }
}
