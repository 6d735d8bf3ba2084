import type { Difference, RuleOf } from '../../pipeline/audit/rule.ts'
import type { AnyWorker } from '../../pipeline/worker/definition.ts'

export interface AuditChoice {
  readonly worker: AnyWorker
  readonly options: Readonly<Record<string, unknown>>
  readonly rule: RuleOf
  /** How the report calls it; the worker's name when absent. */
  readonly label?: string
}

export interface WorkerAudit {
  readonly worker: string
  /** Records of its inputs below the committed offsets. */
  readonly inputs: number
  /** Events of the output that must be there, and those that are. */
  readonly expected: number
  readonly actual: number
  /** Of output events, dead letters and records handed to the inbox. */
  readonly missing: number
  readonly unexpected: number
  readonly deadLetters: number
  /** Keys whose events are all there, but in the wrong order. */
  readonly disordered: number
  /** Events that belong to inputs beyond the committed offsets: the worker was running. */
  readonly unjudged: number
  /** Keys whose records took the detour through the inbox and could be checked against limits only. */
  readonly limited: number
  /** The first of them. */
  readonly differences: readonly Difference[]
}

export interface AuditHooks {
  readonly signal: AbortSignal
  /** Offsets read so far, and in all: records, and a commit marker a transaction. */
  readonly onRead: (read: number, total: number) => void
}
