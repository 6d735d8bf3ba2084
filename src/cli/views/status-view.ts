import type { BrokerView, TopicView, WorkerView } from '../../app/monitor/model.ts'
import type { Shown } from '../../app/overview/follow.ts'
import { durationText } from '../../duration-text.ts'
import { formatNumber } from '../shell/format-number.ts'
import type { Palette } from '../shell/output.ts'
import { healthText, stateOf } from './top/columns.ts'
import { clockText } from './top/figures.ts'
import { fitTable, type Column } from './top/fit-table.ts'

const UNKNOWN = '–'

const number = (value: number | null): string => (value === null ? UNKNOWN : formatNumber(value))

/** Everything that `--json` tells of a moment; `null` is what is not known. */
export function shownDocument({ verdict, overview, trouble, silentSeconds, nowMs }: Shown): object {
  const { level, text, command } = verdict
  return {
    time: new Date(nowMs).toISOString(),
    ok: level === 'ok' || level === 'info',
    verdict: { level, text, command },
    /** How old the figures are. */
    ageSeconds: overview ? Math.round((nowMs - overview.atMs) / 100) / 10 : null,
    reachable: silentSeconds === 0,
    trouble,
    brokers: overview?.brokers ?? [],
    topics: overview?.topics ?? [],
    workers: overview?.workers ?? [],
  }
}

/** The verdict, then brokers, topics and workers, in lines of `width` at most: where there is no room, columns are left out. */
export function statusLines({ verdict, overview }: Shown, palette: Palette, width = Infinity): string[] {
  const { level, text, command } = verdict
  const paint = { bad: palette.red, warning: palette.yellow, info: palette.cyan, ok: palette.green }[level]
  const { brokers = [], topics = [], workers = [] } = overview ?? {}
  const tableOf = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] => {
    const { head, lines } = fitTable(columns, rows, { width })
    return ['', palette.dim(head), ...lines]
  }
  return [
    paint(text),
    ...(level === 'ok' ? [] : [`→ ${command}`]),
    ...tableOf(brokerColumns, brokers),
    ...tableOf(topicColumns, topics),
    ...tableOf(workerColumns, workers),
  ]
}

const brokerColumns: readonly Column<BrokerView>[] = [
  { title: 'broker', cell: ({ id }) => String(id), right: true },
  { title: 'address', cell: ({ address }) => address, shrinksTo: 15 },
  { title: 'leads', cell: ({ leads }) => number(leads), right: true },
  { title: '', cell: ({ controller }) => (controller ? 'controller' : ''), spare: 1 },
]

const topicColumns: readonly Column<TopicView>[] = [
  { title: 'topic', cell: ({ topic }) => topic, shrinksTo: 16 },
  { title: 'records', cell: ({ records }) => number(records), right: true },
  { title: 'records/s', cell: ({ perSecond }) => number(perSecond), right: true },
  { title: 'partitions', cell: ({ partitions }) => number(partitions), right: true, spare: 1 },
  { title: '', cell: ({ leaderless, underReplicated }) => healthText(leaderless, underReplicated) },
]

const workerColumns: readonly Column<WorkerView>[] = [
  { title: 'worker', cell: ({ worker }) => worker, shrinksTo: 16 },
  { title: 'state', cell: (worker) => stateOf(worker) },
  { title: 'lag', cell: lagText, right: true },
  {
    title: 'behind',
    cell: ({ lagSeconds }) => (lagSeconds === null ? UNKNOWN : durationText(lagSeconds)),
    right: true,
  },
  { title: 'records/s', cell: ({ perSecond }) => number(perSecond), right: true },
  { title: 'members', cell: ({ members }) => number(members), right: true, spare: 2 },
  { title: 'restarts', cell: ({ restarts }) => number(restarts), right: true, spare: 1 },
]

function lagText({ lag, unknownPartitions, partitions }: WorkerView): string {
  if (unknownPartitions === partitions.length) return UNKNOWN
  return `${unknownPartitions > 0 ? '≥' : ''}${formatNumber(lag)}`
}

/** The same in one line. */
export function shownLine({ verdict, overview, silentSeconds, nowMs }: Shown): string {
  const time = clockText(nowMs)
  if (!overview) return `${time} ${verdict.text}`
  const came = overview.topics.filter(({ topic }) => overview.workers.some(({ inputs }) => inputs.includes(topic)))
  const rates = came.map(({ topic, perSecond }) => `${topic} ${perSecond === null ? UNKNOWN : formatNumber(perSecond)}/s`) // prettier-ignore
  const lag = overview.workers.reduce((sum, worker) => sum + worker.lag, 0)
  const partly = overview.workers.some(({ unknownPartitions }) => unknownPartitions > 0) ? '≥' : ''
  const restarts = overview.workers.reduce((sum, worker) => sum + (worker.restarts ?? 0), 0)
  const age = silentSeconds === 0 ? '' : ` (figures ${durationText((nowMs - overview.atMs) / 1000)} old)`
  return `${time} ${verdict.text}; ${rates.join(', ')}; lag ${partly}${formatNumber(lag)}, restarts ${restarts}${age}`
}
