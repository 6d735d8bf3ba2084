import { verdictOf, type Standing } from '../monitor/observer.ts'
import type { Audited } from '../metrics/last-audit.ts'
import type { Folds } from './folds.ts'
import type { AuditView, Frame, Mark, Verdict } from './model.ts'

export interface Around {
  readonly marks: readonly Mark[]
  readonly audit: AuditView | null
  readonly folds: Folds
  /** Topics that there should be. */
  readonly names: readonly string[]
  /** That of the frame before. */
  readonly verdict: Verdict | undefined
}

export function frameOf(standing: Standing, { marks, audit, folds, names, verdict }: Around): Frame {
  const { overview, trouble, nowMs } = standing
  const { atMs = null, topics = [], workers = [], brokers = [], read = 0 } = overview ?? {}
  return {
    atMs: nowMs,
    sampledMs: atMs,
    verdict: verdictOf(standing, names, verdict),
    ...{ trouble, topics, workers, brokers, marks, audit, read },
    money: overview ? folds.money.view(nowMs, read === 1) : null,
    latency: folds.latency.view(nowMs),
    letters: overview ? folds.letters.view() : null,
    attention: folds.attention.items,
  }
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
