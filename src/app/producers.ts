import type { Log } from '../log.ts'
import { randomInt } from 'node:crypto'
import { topicsMissing, topicsWith } from '../kafka/missing-topics.ts'
import { formatTimestamp } from '../pipeline/time.ts'
import type { Kind } from '../pipeline/sources/source.ts'
import { Outlet } from '../runtime/producers/outlet.ts'
import { produce, type ProduceSummary } from '../runtime/producers/produce.ts'
import type { ProducerTracing } from '../runtime/tracing.ts'
import type { Settings } from '../settings/resolve.ts'
import { clientOptions, withCluster } from './cluster.ts'

type Rate = number | 'max'

/** Records per second when nothing else is asked for. */
export const defaultRates: Readonly<Record<Kind, number>> = { orders: 50, payments: 50, users: 20 }
const INTERVAL_AT_MAX_MS = 10
const SEED_LIMIT = 2 ** 31

export interface FlowOptions {
  readonly rate?: Rate
  readonly count?: number
  readonly durationMs?: number
  readonly seed?: number
  readonly startMs?: number
  readonly failureRate?: number
}

/** What decides every byte that producers write. */
export interface Flow {
  readonly seed: number
  readonly startMs: number
  readonly failureRate: number
  readonly rateOf: (kind: Kind) => Rate
  readonly count: number | undefined
  readonly durationMs: number | undefined
}

const DEFAULT_FAILURE_RATE = 0.15

/** Fills in what was not said; the only place where chance and the clock come in. */
export function flowOf({ rate, count, durationMs, seed, startMs, failureRate }: FlowOptions): Flow {
  return {
    seed: seed ?? randomInt(SEED_LIMIT),
    startMs: startMs ?? Date.now(),
    failureRate: failureRate ?? DEFAULT_FAILURE_RATE,
    rateOf: (kind) => rate ?? defaultRates[kind],
    count,
    durationMs,
  }
}

const intervalMsOf = (rate: Rate): number => (rate === 'max' ? INTERVAL_AT_MAX_MS : 1000 / rate)

/** The command that writes the same bytes again. */
export function reproduceCommand(flow: Flow, kind: Kind, records: number): string {
  const { seed, startMs, failureRate, rateOf } = flow
  const failures = kind === 'payments' && failureRate !== DEFAULT_FAILURE_RATE ? ` --failure-rate ${failureRate}` : ''
  return `payflow produce ${kind} --seed ${seed} --start ${formatTimestamp(startMs)} --rate ${rateOf(kind)} --count ${records}${failures}`
}

/** The events of a kind, as this flow has them. */
export async function sourceOf(kind: Kind, { seed, startMs, failureRate, rateOf }: Flow) {
  const clock = { seed, startMs, intervalMs: intervalMsOf(rateOf(kind)) }
  switch (kind) {
    case 'orders':
      return (await import('../pipeline/sources/orders.ts')).orderSource(clock)
    case 'payments':
      return (await import('../pipeline/sources/payments.ts')).paymentSource({ ...clock, failureRate })
    case 'users':
      return (await import('../pipeline/sources/users.ts')).userSource(clock)
  }
}

export interface ProducerProgress {
  readonly kind: Kind
  readonly acknowledged: number
  readonly perSecond: number
}

export type Produced = ProduceSummary

/** @throws PayflowError when no broker answers or a topic is missing: the first record would be too late to find out */
export async function checkTopics(settings: Settings, wanted: readonly Kind[], log: Log): Promise<void> {
  const missing = await withCluster(settings, log, async (client) => {
    const existing = await topicsWith(client, wanted)
    return wanted.filter((kind) => !existing.has(kind))
  })
  if (missing.length > 0) throw topicsMissing(missing)
}

interface ProduceHooks {
  readonly signal: AbortSignal
  readonly onProgress: (progress: ProducerProgress) => void
  readonly log: Log
  readonly tracing?: ProducerTracing | undefined
}

/** Writes the events of each kind, all kinds at once, until count, duration or `signal` ends it; every record is acknowledged then. */
export async function produceAll(
  settings: Settings,
  flow: Flow,
  wanted: readonly Kind[],
  { signal, onProgress, log, tracing }: ProduceHooks,
): Promise<Produced[]> {
  const failed = new AbortController()
  const client = clientOptions(settings, 'payflow-produce', log)
  const { compression } = settings
  // at top rate each fills a connection of its own
  const outlet = wanted.some((kind) => flow.rateOf(kind) === 'max') ? undefined : new Outlet(client, compression)
  const runs = wanted.map(async (kind) => {
    try {
      return await produce({
        ...{ client, compression, outlet },
        source: await sourceOf(kind, flow),
        rate: flow.rateOf(kind),
        ...(flow.count !== undefined && { count: flow.count }),
        ...(flow.durationMs !== undefined && { durationMs: flow.durationMs }),
        signal: AbortSignal.any([signal, failed.signal]),
        onProgress: ({ acknowledged, perSecond }) => onProgress({ kind, acknowledged, perSecond }),
        tracing,
      })
    } catch (error) {
      failed.abort()
      throw error
    }
  })
  await Promise.allSettled(runs)
  await outlet?.close()
  return Promise.all(runs)
}
