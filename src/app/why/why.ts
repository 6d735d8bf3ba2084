import { readFileSync } from 'node:fs'
import { listOffsets } from '../../kafka/offsets.ts'
import { isConnectionError } from '../../kafka/errors.ts'
import { oldestOpenTransaction } from '../../kafka/open-transactions.ts'
import type { Client } from '../../kafka/client.ts'
import { whyUnreachable } from '../../kafka/reachable.ts'
import { PayflowError, messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { pause } from '../../pause.ts'
import { connectionOf } from '../../settings/connection.ts'
import type { Settings } from '../../settings/resolve.ts'
import { reach } from '../cluster.ts'
import type { WorkerView } from '../monitor/model.ts'
import type { Overview } from '../monitor/observer.ts'
import type { RunningProcess } from '../monitor/views.ts'
import { isBehind } from '../monitor/verdict.ts'
import { ClusterWatch } from '../overview/cluster-watch.ts'
import { notOnCluster, workersOnCluster } from '../workers/on-cluster.ts'
import { processesOn } from '../workers/running.ts'
import type { Facts, Finding, Held, HeaviestKey, Told } from './facts.ts'
import { findingsOf } from './findings.ts'
import { heaviestKey } from './heaviest-key.ts'

export interface Explanation {
  readonly worker: string
  readonly view: WorkerView
  /** How long it was watched. */
  readonly seconds: number
  readonly arrivingPerSecond: number | null
  readonly processedPerSecond: number | null
  readonly findings: readonly Finding[]
}

export interface WhyOptions {
  readonly log: Log
  readonly signal: AbortSignal
  /** How long it is watched, in ms. */
  readonly watchMs?: number
}

const WATCH_MS = 4_000
const BETWEEN_MS = 1_000
const COUNTING_MS = 500

/**
 * Watches a worker for some seconds, payflow's own or a custom one that has a group, and says why it lags.
 * @throws PayflowError (infra) when the cluster cannot be reached, (usage) when there is no such worker
 */
export async function why(settings: Settings, worker: string, options: WhyOptions): Promise<Explanation> {
  const { log, signal, watchMs = WATCH_MS } = options
  await reach(settings)
  const watch = new ClusterWatch(settings, { log, countingMs: COUNTING_MS, only: worker })
  try {
    const first = await watch.patientLook()
    await refuseUnknown(watch.client, worker, first)
    const looks: Overview[] = [first]
    for (const beganMs = performance.now(); performance.now() - beganMs < watchMs;) {
      await pause(BETWEEN_MS, signal)
      signal.throwIfAborted()
      looks.push(await watch.patientLook())
    }
    return await explained(watch, worker, looks, log)
  } catch (error) {
    throw isConnectionError(error) ? ((await whyUnreachable(connectionOf(settings))) ?? error) : error
  } finally {
    await watch.close()
  }
}

/** Custom workers are those that have a group. */
async function refuseUnknown(client: Client, name: string, { workers }: Overview): Promise<void> {
  if (workers.some(({ worker }) => worker === name)) return
  const known = await workersOnCluster(client)
  throw notOnCluster(name, known.filter((each) => each !== name)) // prettier-ignore
}

const gone = (worker: string): never => {
  throw new PayflowError('GROUP_NOT_FOUND', `The consumer group of ${worker} is deleted`, { kind: 'failed', hint: 'list those there are: `payflow groups list`' }) // prettier-ignore
}

async function explained(
  { client, settings }: ClusterWatch,
  worker: string,
  looks: readonly Overview[],
  log: Log,
): Promise<Explanation> {
  const [first, last] = [looks[0]!, looks.at(-1)!]
  const viewIn = ({ workers }: Overview): WorkerView => workers.find((each) => each.worker === worker) ?? gone(worker)
  const view = viewIn(last)
  const seconds = (last.atMs - first.atMs) / 1000
  const there = new Set(last.topics.map(({ topic }) => topic))
  const facts: Facts = {
    ...{ view, seconds, nowMs: last.atMs },
    topicsMissing: view.inputs.filter((topic) => !there.has(topic)),
    arrivingPerSecond: mean(looks.slice(1).map((look) => arriving(look, view.inputs))),
    processedPerSecond: mean(looks.slice(1).map((look) => viewIn(look).perSecond)),
    told: processesOn(settings, log).flatMap((process) => toldBy(process, worker, Date.now())),
    held: view.undecided > 0 ? await heldIn(client, view, log) : [],
    heaviest: await heaviestOf(client, view, log),
  }
  const { arrivingPerSecond, processedPerSecond } = facts
  return { worker, view, seconds, arrivingPerSecond, processedPerSecond, findings: findingsOf(facts) }
}

function arriving({ topics }: Overview, inputs: readonly string[]): number | null {
  const rates = topics.filter(({ topic }) => inputs.includes(topic)).map(({ perSecond }) => perSecond)
  if (rates.length < inputs.length) return null
  return rates.reduce((sum, rate) => (sum === null || rate === null ? null : sum + rate), 0)
}

/** Of those that are known. */
function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}

function toldBy({ pid, report }: RunningProcess, worker: string, nowMs: number): Told[] {
  const told = report?.workers.find((each) => each.worker === worker)
  return report && told ? [{ pid, ageMs: nowMs - report.atMs, stopped: isStopped(pid), report: told }] : []
}

/** Whether the system holds a process; false where that cannot be known. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return /^[Tt] /.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

const MOST_HELD = 3

/** Where records wait behind a transaction, and whose it is. What the brokers do not answer is not known. */
async function heldIn(client: Client, { partitions }: WorkerView, log: Log): Promise<Held[]> {
  const known = partitions.filter(({ end }) => end !== null)
  const latest = await listOffsets(client.shared, known, 'latest')
  const waiting = known
    .map(({ topic, partition, end }) => ({ topic, partition, records: (latest.of(topic, partition) ?? 0) - end! }))
    .filter(({ records }) => records > 0)
    .sort((a, b) => b.records - a.records)
  return Promise.all(
    waiting.slice(0, MOST_HELD).map(async (at) => {
      const transaction = await oldestOpenTransaction(client.shared, at).catch((error: unknown) => {
        log('debug', 'transaction-not-told', { topic: at.topic, partition: at.partition, error: messageOf(error) })
        return undefined
      })
      return { ...at, transaction }
    }),
  )
}

async function heaviestOf(client: Client, view: WorkerView, log: Log): Promise<HeaviestKey | undefined> {
  const { skew, partitions } = view
  const most = skew && partitions.find((each) => each.topic === skew.topic && each.partition === skew.partition)
  if (!isBehind(view) || !most || most.end === null) return undefined
  const starts = await listOffsets(client.shared, [most], 'earliest')
  const from = Math.max(most.committed ?? 0, starts.of(most.topic, most.partition) ?? 0)
  return heaviestKey(client.shared, { topic: most.topic, partition: most.partition, from, to: most.end }).catch((error: unknown) => {
    log('debug', 'keys-not-read', { topic: most.topic, partition: most.partition, error: messageOf(error) })
    return undefined
  }) // prettier-ignore
}
