import { z } from 'zod'
import { troubleSchema } from '../../kafka/trouble.ts'
import type { AskedBroker } from '../../kafka/transport.ts'
import type { WorkerEvent } from '../../runtime/events.ts'
import type { RunnerHealth } from '../../runtime/health.ts'

const transactionsSchema = z.object({
  /** Over which they were counted: a minute, or less of a process that is younger. */
  seconds: z.number(),
  committed: z.number(),
  /** Undone, fenced, or with an unknown end. */
  failed: z.number(),
  records: z.number(),
  medianMs: z.number(),
  longestMs: z.number(),
})

const workerReportSchema = z.object({
  worker: z.string(),
  tasks: z.array(z.object({ partition: z.number(), phase: z.string(), restoreLeft: z.number().optional() })),
  /** When its group gave it partitions, in ms since 1970: the newest. */
  rebalances: z.array(z.number()),
  /** Absent: it had none lately. */
  transactions: transactionsSchema.optional(),
  /** How long the brokers kept it waiting on purpose, over the last minute. */
  throttledMs: z.number(),
  /** What keeps it from getting on, and since when. */
  trouble: z.object({ sinceMs: z.number(), trouble: troubleSchema }).optional(),
})
export type WorkerReport = Readonly<z.infer<typeof workerReportSchema>>

export const processReportSchema = z.object({
  /** ms since 1970. */
  atMs: z.number(),
  workers: z.array(workerReportSchema),
})
/** What a process says of the workers that it runs, for those who look at them from outside. */
export type ProcessReport = Readonly<z.infer<typeof processReportSchema>>

const RECENT_MS = 60_000
const MOST_TRANSACTIONS = 500
const MOST_REBALANCES = 20

interface Kept {
  rebalances: number[]
  transactions: { readonly atMs: number; readonly ms: number; readonly records: number; readonly ok: boolean }[]
  throttled: { readonly atMs: number; readonly ms: number }[]
  readonly restoreLeft: Map<number, number>
  trouble: WorkerReport['trouble']
}

/** Remembers of the workers of this process what explains why they lag. What it keeps does not grow. */
export class Reporter {
  readonly #kept: ReadonlyMap<string, Kept>
  readonly #startedMs: number
  #health: () => RunnerHealth[] = () => []

  constructor(workers: readonly string[], nowMs = Date.now()) {
    this.#startedMs = nowMs
    this.#kept = new Map(
      workers.map((worker) => [worker, { rebalances: [], transactions: [], throttled: [], restoreLeft: new Map<number, number>(), trouble: undefined }]), // prettier-ignore
    )
  }

  readonly onRunning = (health: () => RunnerHealth[]): void => {
    this.#health = health
  }

  readonly onRequest = (worker: string, { throttledMs }: Pick<AskedBroker, 'throttledMs'>): void => {
    if (throttledMs > 0) this.#kept.get(worker)?.throttled.push({ atMs: Date.now(), ms: throttledMs })
  }

  readonly onEvent = (event: WorkerEvent, atMs = Date.now()): void => {
    const kept = event.worker === undefined ? undefined : this.#kept.get(event.worker)
    if (!kept) return
    switch (event.kind) {
      case 'assigned':
        kept.rebalances = [...kept.rebalances, atMs].slice(-MOST_REBALANCES)
        break
      case 'transaction':
        kept.transactions.push({ atMs, ms: event.ms, records: event.records, ok: event.result === 'committed' })
        if (kept.transactions.length > 2 * MOST_TRANSACTIONS) kept.transactions = kept.transactions.slice(-MOST_TRANSACTIONS) // prettier-ignore
        break
      case 'restoring':
        kept.restoreLeft.set(event.partition, Math.max(0, event.total - event.done))
        break
      case 'phase':
        if (event.to !== 'restoring') kept.restoreLeft.delete(event.partition)
        break
      case 'trouble':
        kept.trouble = { sinceMs: atMs - event.seconds * 1000, trouble: event.trouble }
        break
      case 'trouble-over':
        kept.trouble = undefined
        break
      default:
    }
  }

  report(nowMs = Date.now()): ProcessReport {
    const health = new Map(this.#health().map((each) => [each.worker, each]))
    const workers = [...this.#kept].map(([worker, kept]): WorkerReport => {
      const tasks = (health.get(worker)?.tasks ?? []).map(({ partition, phase }) => {
        const restoreLeft = phase === 'restoring' ? kept.restoreLeft.get(partition) : undefined
        return { partition, phase, ...(restoreLeft !== undefined && { restoreLeft }) }
      })
      kept.throttled = kept.throttled.filter(({ atMs }) => atMs > nowMs - RECENT_MS)
      const throttledMs = kept.throttled.reduce((sum, { ms }) => sum + ms, 0)
      const { rebalances, trouble } = kept
      const transactions = this.#transactionsOf(kept, nowMs)
      return { worker, tasks, rebalances, throttledMs, ...(transactions && { transactions }), ...(trouble && { trouble }) } // prettier-ignore
    })
    return { atMs: nowMs, workers }
  }

  #transactionsOf({ transactions }: Kept, nowMs: number): WorkerReport['transactions'] {
    const recent = transactions.filter(({ atMs }) => atMs > nowMs - RECENT_MS)
    const [first] = recent
    if (!first) return undefined
    const durations = recent.map(({ ms }) => ms).sort((a, b) => a - b)
    // of a busy worker not all of a minute are kept
    const sinceMs = recent.length < transactions.length ? nowMs - RECENT_MS : Math.max(this.#startedMs, nowMs - RECENT_MS, transactions.length >= MOST_TRANSACTIONS ? first.atMs : 0) // prettier-ignore
    return {
      seconds: Math.max(1, nowMs - sinceMs) / 1000,
      committed: recent.filter(({ ok }) => ok).length,
      failed: recent.filter(({ ok }) => !ok).length,
      records: recent.reduce((sum, { ok, records }) => sum + (ok ? records : 0), 0),
      medianMs: durations[Math.floor(durations.length / 2)]!,
      longestMs: durations.at(-1)!,
    }
  }
}
