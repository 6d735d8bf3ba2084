import type { LagPoint } from '../../../app/monitor/trend.ts'
import type { PartitionView, TailRecord, TopicView, WorkerView } from '../../../app/monitor/model.ts'
import { NOTICEABLE_LAG } from '../../../app/monitor/verdict.ts'
import { visible } from '../../../visible-text.ts'
import { formatNumber } from '../../shell/format-number.ts'
import { clockText, percent, shortNumber, shortTime } from './figures.ts'
import type { Column } from './fit-table.ts'
import { sparkline, type Symbols } from './symbols.ts'

/** What a supervisor says of the process of a worker, where it is this process. */
export interface Supervised {
  readonly state: string
  readonly restarts: number
}

export interface ColumnOptions {
  readonly symbols: Symbols
  readonly wide: boolean
  readonly past: ReadonlyMap<string, readonly LagPoint[]>
  readonly supervised: ReadonlyMap<string, Supervised>
}

const rebalancing = new Set(['PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Reconciling'])

/** What a worker does, in words: of its process as far as that is known, else of its group. */
export function stateOf(worker: WorkerView, supervised?: Supervised): string {
  if (supervised && supervised.state !== 'running') return supervised.state
  const { running, state, tasks } = worker
  if (!running) return 'not running'
  if (rebalancing.has(state)) return 'rebalancing'
  const restoring = tasks.filter(({ phase }) => phase === 'restoring')
  const left = restoring.reduce((sum, { restoreLeft }) => sum + (restoreLeft ?? 0), 0)
  if (restoring.length > 0) return left > 0 ? `restoring ${shortNumber(left)}` : 'restoring'
  const other = tasks.find(({ phase }) => phase !== 'running')
  if (other) return `${other.phase} p${other.partition}`
  return tasks.length > 0 ? `running ${tasks.length}` : 'running'
}

function skewText({ skew }: WorkerView, { unknown }: Symbols): string {
  return skew ? `p${skew.partition} ${percent(skew.share)}` : unknown
}

const perhaps = <Value>(value: Value | null, text: (value: Value) => string, { unknown }: Symbols): string =>
  value === null ? unknown : text(value)

export function workerColumns({ symbols, wide, past, supervised }: ColumnOptions): Column<WorkerView>[] {
  const lagText = ({ lag, unknownPartitions, partitions }: WorkerView): string => {
    if (unknownPartitions === partitions.length) return symbols.unknown
    return `${unknownPartitions > 0 ? symbols.atLeast : ''}${wide ? formatNumber(lag) : shortNumber(lag)}`
  }
  const left = ({ lag, lagSeconds, secondsToEmpty }: WorkerView): string => lag === 0 && lagSeconds !== null ? '0 s' : perhaps(secondsToEmpty, shortTime, symbols) // prettier-ignore
  const trendText = ({ worker, trend }: WorkerView): string => {
    const points = past.get(worker) ?? []
    const bars = sparkline(points, symbols, wide ? 14 : 6, { least: NOTICEABLE_LAG })
    // two looks tell no trend
    if (points.length < 3) return `${bars} ${symbols.unknown}`
    return `${bars} ${symbols.trend[trend]}${wide ? ` ${trend}` : ''}`
  }
  const restarts = ({ worker, restarts: told }: WorkerView): string =>
    perhaps(supervised.get(worker)?.restarts ?? told, String, symbols)
  return [
    { title: 'WORKER', cell: ({ worker }) => worker, width: 16, shrinksTo: 16 },
    { title: 'LAG', cell: lagText, right: true, width: 7 },
    { title: 'BEHIND', cell: ({ lagSeconds }) => perhaps(lagSeconds, shortTime, symbols), right: true, width: 6 },
    { title: 'TREND', cell: trendText, width: wide ? 25 : 8 },
    { title: wide ? 'CAUGHT UP IN' : 'ETA', cell: left, right: true, width: 6, spare: 2 },
    { title: wide ? 'RECORDS/S' : 'REC/S', cell: ({ perSecond }) => perhaps(perSecond, shortNumber, symbols), right: true, width: 6 }, // prettier-ignore
    { title: 'SKEW', cell: (worker) => skewText(worker, symbols), spare: 3, nothing: symbols.unknown, width: 7 },
    { title: 'STATE', cell: (worker) => stateOf(worker, supervised.get(worker.worker)), width: wide ? 14 : 11 },
    ...(wide
      ? [{ title: 'MEMBERS', cell: ({ members }: WorkerView) => perhaps(members, String, symbols), right: true, spare: 4 }] // prettier-ignore
      : []),
    { title: wide ? 'RESTARTS' : 'RST', cell: restarts, right: true, spare: 1 },
  ]
}

/** What is wrong with a topic's partitions; nothing where nothing is. */
export const healthText = (leaderless: number, underReplicated: number): string =>
  [
    leaderless > 0 && `${leaderless} without a leader`,
    underReplicated > 0 && `${underReplicated} under-replicated`,
  ].filter(Boolean).join(', ') // prettier-ignore

export function topicColumns({ symbols, wide }: ColumnOptions): Column<TopicView>[] {
  return [
    { title: 'TOPIC', cell: ({ topic }) => topic, width: 24, shrinksTo: 16 },
    { title: 'RECORDS', cell: ({ records }) => perhaps(records, formatNumber, symbols), right: true, width: wide ? 16 : 13 }, // prettier-ignore
    { title: 'REC/S', cell: ({ perSecond }) => perhaps(perSecond, formatNumber, symbols), right: true, width: 8 },
    { title: 'PARTITIONS', cell: ({ partitions }) => String(partitions), right: true, spare: 1 },
    { title: '', cell: ({ leaderless, underReplicated }) => healthText(leaderless, underReplicated), spare: 2 },
  ]
}

/** `total`: the lag of all partitions of the topic. */
export function partitionColumns(
  { tasks }: WorkerView,
  totals: ReadonlyMap<string, number>,
  { symbols }: ColumnOptions,
): Column<PartitionView>[] {
  const share = ({ topic, lag }: PartitionView): string => {
    const total = totals.get(topic) ?? 0
    return lag === null || total === 0 ? symbols.unknown : percent(lag / total)
  }
  const task = ({ partition }: PartitionView): string => {
    const found = tasks.find((each) => each.partition === partition)
    if (!found) return symbols.unknown
    return found.restoreLeft === null ? found.phase : `${found.phase}, ${shortNumber(found.restoreLeft)} left`
  }
  const number = (value: number | null): string => perhaps(value, formatNumber, symbols)
  return [
    { title: 'PARTITION', cell: ({ topic, partition }) => `${topic}/${partition}`, shrinksTo: 20, cutAt: 'middle' },
    { title: 'LAG', cell: ({ lag }) => number(lag), right: true, width: 7 },
    { title: 'SHARE', cell: share, right: true },
    { title: 'BEHIND', cell: ({ lagSeconds }) => perhaps(lagSeconds, shortTime, symbols), right: true },
    { title: 'COMMITTED', cell: ({ committed }) => number(committed), right: true, spare: 2 },
    { title: 'END', cell: ({ end }) => number(end), right: true, spare: 1 },
    { title: 'LEADER', cell: ({ leader }) => (leader === null ? 'none' : String(leader)), right: true, spare: 3 },
    { title: 'TASK', cell: task },
  ]
}

export const recordColumns = ({ symbols }: ColumnOptions): Column<TailRecord>[] => [
  // as `payflow tail --from` takes it
  { title: 'OFFSET', cell: ({ offset }) => String(offset), right: true },
  { title: 'TIME', cell: ({ atMs }) => perhaps(atMs, clockText, symbols) },
  { title: 'KEY', cell: ({ key }) => perhaps(key, visible, symbols), shrinksTo: 12 },
  { title: 'VALUE', cell: ({ value }) => perhaps(value, visible, symbols), shrinksTo: 10 },
]
