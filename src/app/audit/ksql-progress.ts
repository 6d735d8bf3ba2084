import { PayflowError } from '../../errors.ts'
import type { Client } from '../../kafka/client.ts'
import { groupOf } from '../../pipeline/events/topics.ts'
import type { Settings } from '../../settings/resolve.ts'
import type { Report } from '../cluster.ts'
import { describeWithLag } from '../groups.ts'
import { untilDone } from '../monitor/until-done.ts'
import { sinkTopics } from '../ksql/session.ts'
import { ksqlStatus, type KsqlStatus } from '../ksql/status.ts'

/** How far an engine is: records that each of its parts has still to read. */
export interface Progress {
  readonly workers: readonly { name: string; lag: number }[]
  /** null: it has committed nothing yet. */
  readonly ksql: readonly { name: string; lag: number | null }[]
}

const INTERVAL_MS = 1_000
const PATIENCE_MS = 60_000
/** A query whose input is empty never commits: then nobody else has anything left to do. */
const SILENT_MS = 10_000

/** Each query whose answer would be wrong or incomplete, and why. */
const unfitIn = (problems: KsqlStatus['problems'], own: KsqlStatus['queries']): string[] => [
  ...problems.map(({ name, words }) => `${name}: ${words}`),
  ...own.flatMap(({ query, warning }) => (warning === null ? [] : [`${query}: ${warning}`])),
]

async function progressOf(
  settings: Settings,
  client: Client,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Progress> {
  const status = await ksqlStatus(settings, signal)
  const sinks = new Set(sinkTopics())
  const topics = new Map(status.sources.map(({ name, topic }) => [name, topic]))
  const own = status.queries.filter(({ writes }) => writes.some((sink) => sinks.has(topics.get(sink) ?? '')))
  if (own.length === 0)
    throw new PayflowError('KSQL_NOT_APPLIED', `ksqlDB at ${status.url} runs none of payflow's queries`, {
      kind: 'failed',
      hint: 'create them with `payflow ksql apply`',
    })
  const unfit = unfitIn(status.problems, own)
  if (unfit.length > 0)
    throw new PayflowError('KSQL_QUERY_UNFIT', `ksqlDB cannot be compared. ${unfit.join('; ')}`, {
      kind: 'failed',
      hint: 'look with `payflow ksql status`. `payflow ksql apply` resumes what is paused and creates what is missing, with --replace it re-creates the rest',
    })
  const workers = await Promise.all(
    names.map(async (name) => ({ name, lag: (await describeWithLag(client, groupOf(name))).lag })),
  )
  return { workers, ksql: own.map(({ query, lag }) => ({ name: query, lag })) }
}

const leftOf = (parts: readonly { lag: number | null }[]): number => parts.reduce((sum, { lag }) => sum + (lag ?? 0), 0)

const progressLine = ({ workers, ksql }: Progress): string => {
  const silent = ksql.filter(({ lag }) => lag === null).length
  return `workers ${leftOf(workers).toLocaleString('en')} behind, ksqlDB ${leftOf(ksql).toLocaleString('en')} behind${silent > 0 ? `, ${silent} queries have not begun` : ''}`
}

/** Waits until both engines have read everything. @throws PayflowError that says how far each is if one makes no progress */
export async function untilCaughtUp(
  settings: Settings,
  client: Client,
  names: readonly string[],
  { signal, report }: { signal: AbortSignal; report: Report },
): Promise<Progress> {
  let shown = ''
  let idle = 0
  return untilDone<Progress>({
    look: () => progressOf(settings, client, names, signal),
    onLook: (progress, stillMs) => {
      const line = progressLine(progress)
      if (line !== shown) report(line)
      shown = line
      const begun = progress.ksql.every(({ lag }) => lag !== null) || stillMs > SILENT_MS
      idle = leftOf(progress.workers) + leftOf(progress.ksql) === 0 && begun ? idle + 1 : 0
    },
    // Twice: what one part has just written may not have been there when the next was asked.
    isDone: () => idle === 2,
    progressOf: progressLine,
    patienceMs: PATIENCE_MS,
    intervalMs: INTERVAL_MS,
    stuck: () =>
      new PayflowError('NOT_CAUGHT_UP', `Not caught up for ${PATIENCE_MS / 1000} s: ${shown}`, {
        kind: 'failed',
        hint: 'do the workers run (`payflow worker all`), and the queries (`payflow ksql status`)?',
      }),
    signal,
  })
}
