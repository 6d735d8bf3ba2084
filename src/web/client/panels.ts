import type {
  Frame,
  LetterView,
  Mark,
  MoneyView,
  PartitionView,
  ProcessView,
  Tally,
  TaskView,
  WorkerView,
} from '../../app/dashboard/model.ts'
import { visible } from '../../visible-text.ts'
import { byId, drawn, element, foreign, setText, showList, showTable, type Column } from './dom.ts'
import { stateOf } from './flow.ts'
import { ago, clock, count, money, ms, rate, seconds, UNKNOWN } from './format.ts'

const stateCell = (worker: WorkerView): HTMLElement => {
  const { word, level } = stateOf(worker)
  return element('span', { class: 'state', 'data-level': level }, word)
}

export function showMoney({ money: view, latency, read }: Frame): void {
  const note = byId('money-note')
  const part = `${Math.floor(read * 1000) / 10} %`
  setText(note, view === null ? 'Not known yet.' : read < 1 ? `Reading what the workers have written: ${part}. The figures are those of the part that is read.` : '') // prettier-ignore
  const cards = view === null ? [] : cardsOf(view)
  const timed = latency === null ? UNKNOWN : `${ms(latency.p50Ms)} / ${ms(latency.p99Ms)}`
  cards.push(['Payment → status, p50 / p99', timed, latency === null ? 'nothing measured in the last minute' : `${count(latency.count)} payments of partition 0 in the last minute`]) // prettier-ignore
  showList(
    byId('money-figures'),
    cards.map(([name, figure, more]) => element('div', {}, element('dt', {}, name), element('dd', {}, figure), element('dd', { class: 'small' }, more))), // prettier-ignore
  )
}

function cardsOf(view: MoneyView): [string, string, string][] {
  const tally = (name: string, { count: many, cents }: Tally): [string, string, string] => [name, money(cents), `${count(many)} payments`] // prettier-ignore
  return [
    ['Revenue', money(view.revenueCents), `${count(view.orders)} orders of ${count(view.users)} users`],
    ['Revenue in a minute', money(view.revenuePerMinuteCents), 'at the pace of the last minute'],
    tally('Paid', view.paid),
    tally('Declined', view.declined),
    tally('Another amount', view.mismatched),
    tally('Of unknown orders', view.unknown),
  ]
}

const arrows = { growing: '↑ growing', draining: '↓ draining', steady: '→ steady' } as const

export function showLag({ workers }: Frame, past: (worker: string) => readonly (number | null)[]): void {
  showTable<WorkerView>(byId('lag-table'), [
    { title: 'Worker', cell: nameOf },
    { title: 'State', cell: stateCell },
    { title: 'Records', number: true, cell: ({ lag }) => count(lag) },
    { title: 'Behind by', number: true, cell: ({ lagSeconds }) => seconds(lagSeconds) },
    { title: 'Trend', cell: ({ trend }) => arrows[trend] },
    { title: 'Last five minutes', cell: ({ worker }) => sparkline(past(worker)) },
    { title: 'Caught up in', number: true, cell: ({ secondsToEmpty, lag }) => (lag === 0 ? 'done' : seconds(secondsToEmpty)) }, // prettier-ignore
    { title: 'Processed', number: true, cell: ({ perSecond }) => rate(perSecond) },
    { title: 'Behind a transaction', number: true, cell: ({ undecided }) => count(undecided) },
  ], workers) // prettier-ignore
  const partitions = workers.flatMap(({ worker, partitions: own, tasks }) => own.map((each) => ({ worker, task: tasks.find(({ partition }) => partition === each.partition), ...each }))) // prettier-ignore
  showTable<PartitionView & { worker: string; task: TaskView | undefined }>(byId('partition-table'), [
    { title: 'Worker', cell: ({ worker }) => worker },
    { title: 'Partition', cell: ({ topic, partition }) => `${topic}/${partition}` },
    { title: 'Task', cell: ({ task }) => taskCell(task) },
    { title: 'Records', number: true, cell: ({ lag }) => count(lag) },
    { title: 'Behind by', number: true, cell: ({ lagSeconds }) => seconds(lagSeconds) },
    { title: 'Led by', number: true, cell: ({ leader }) => (leader === null ? 'nobody' : `broker ${leader}`) },
  ], partitions) // prettier-ignore
}

const leftOf = ({ restoreLeft }: TaskView): string => (restoreLeft === null ? '' : `, ${count(restoreLeft)} left`)

/** As the process tells that has it, if it is on this machine. */
const taskCell = (task: TaskView | undefined): HTMLElement | string =>
  task === undefined ? UNKNOWN : element('span', { class: 'state', 'data-level': task.phase === 'running' ? 'ok' : 'warning' }, task.phase, leftOf(task)) // prettier-ignore

/** Tasks by what they do, with their partitions: what does not run is first. */
function tasksText(tasks: readonly TaskView[]): string {
  if (tasks.length === 0) return UNKNOWN
  const phases = [...new Set(tasks.map(({ phase }) => phase))].sort((a, b) => Number(a === 'running') - Number(b === 'running')) // prettier-ignore
  return phases.map((phase) => `${phase}: ${tasks.filter((task) => task.phase === phase).map((task) => `${task.partition}${leftOf(task)}`).join(', ')}`).join('; ') // prettier-ignore
}

function sparkline(values: readonly (number | null)[]): SVGElement {
  const highest = Math.max(1, ...values.map((value) => value ?? 0))
  const known = values.flatMap((value, i) => (value === null ? [] : [`${((i / Math.max(1, values.length - 1)) * 100).toFixed(1)},${(22 - (value / highest) * 20).toFixed(1)}`])) // prettier-ignore
  return drawn('svg', { class: 'spark', viewBox: '0 0 100 24', preserveAspectRatio: 'none', role: 'img', 'aria-label': `at most ${count(highest)}` }, drawn('polyline', { points: known.join(' '), 'vector-effect': 'non-scaling-stroke' })) // prettier-ignore
}

const timeOf = (atMs: number): HTMLElement =>
  element('time', { datetime: new Date(atMs).toISOString(), title: new Date(atMs).toISOString() }, clock(atMs))

const attentionNames = {
  'frequent-failures': 'failing often',
  'large-order': 'large order',
  'amount-mismatch': 'another amount',
  'unknown-order': 'unknown order',
  'dead-letter': 'dead letter',
} as const
const attentionLevels = { 'frequent-failures': 'warning', 'large-order': 'info', 'amount-mismatch': 'bad', 'unknown-order': 'bad', 'dead-letter': 'bad' } as const // prettier-ignore

export function showAttention({ attention }: Frame): void {
  const items = attention.map(({ kind, atMs, text, orderId }) => {
    const what = element('span', { class: 'what' }, foreign(text))
    if (orderId !== null) what.append(' ', element('a', { href: `#/order/${orderId}` }, 'its way'))
    return element('li', {}, timeOf(atMs), element('span', { class: 'state', 'data-level': attentionLevels[kind] }, attentionNames[kind]), what) // prettier-ignore
  })
  showList(byId('attention-list'), items.length > 0 ? items : [element('li', {}, 'Nothing yet.')])
}

const markLevels = { fault: 'bad', broker: 'bad', restart: 'warning', rebalance: 'info', topics: 'info' } as const
const MOST_MARKS = 60

export function showMarks(marks: readonly Mark[]): void {
  const items = marks.slice(-MOST_MARKS).reverse().map(({ kind, atMs, text }) =>
    element('li', {}, timeOf(atMs), element('span', { class: 'state', 'data-level': markLevels[kind] }, kind), element('span', { class: 'what' }, foreign(text)))) // prettier-ignore
  showList(byId('marks'), items.length > 0 ? items : [element('li', {}, 'None in this hour.')])
}

export function showLetters({ letters }: Frame): void {
  const total = letters?.total ?? null
  setText(byId('letters-total'), total === null ? 'Not known yet.' : total === 0 ? 'None: every record could be read.' : `${count(total)} in all`) // prettier-ignore
  const reasons = letters?.reasons ?? []
  const highest = Math.max(1, ...reasons.map((each) => each.count))
  showTable<(typeof reasons)[number]>(byId('letters-table'), [
    { title: 'Count', number: true, cell: (row) => count(row.count) },
    { title: 'Share', cell: (row) => barOf(row.count / highest) },
    { title: 'Worker', cell: ({ worker }) => foreign(worker) },
    { title: 'Reason', text: true, cell: ({ reason }) => foreign(reason) },
  ], reasons.slice(0, 50)) // prettier-ignore
  byId('letters-table').hidden = reasons.length === 0
  showList(byId('letters-newest'), (letters?.newest ?? []).map(letterItem))
}

const barOf = (share: number): HTMLElement =>
  element('div', { class: 'bar-cell' }, drawn('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, drawn('rect', { width: (share * 100).toFixed(1), height: 10, rx: 2 }))) // prettier-ignore

function letterItem({ id, worker, reason, topic, partition, offset, atMs, value, blamed }: LetterView): HTMLElement {
  const command = element('code', {}, `payflow dead-letters show ${id}`)
  const what = element('span', { class: 'what' }, foreign(`${worker}: ${reason}`), ` (${topic}/${partition} at ${offset}) `, command) // prettier-ignore
  return element('li', {}, timeOf(atMs), what, element('pre', { class: 'foreign' }, ...marked(value, blamed)))
}

/** `visible` keeps the length, so that what is blamed stays where it is. */
function marked(value: string | null, blamed: LetterView['blamed']): (string | Node)[] {
  if (value === null) return ['(null)']
  if (value === '') return ['(no bytes)']
  const text = visible(value)
  if (!blamed) return [text]
  const { from, to } = blamed
  return [text.slice(0, from), element('mark', {}, text.slice(from, to)), text.slice(to)].filter((part) => part !== '')
}

/** A row of the table of workers: those that come with payflow, and others. */
interface WorkerRow {
  readonly name: HTMLElement | string
  readonly stateCell: HTMLElement
  readonly state: string
  readonly members: number | null
  readonly partitions: number | null
  readonly restarts: number | null
  readonly tasks: readonly TaskView[]
  readonly processes: readonly ProcessView[]
}

const nameOf = ({ worker, custom }: WorkerView): HTMLElement | string =>
  custom ? element('span', {}, foreign(worker), ' ', element('span', { class: 'muted' }, 'custom')) : worker

const rowOf = (worker: WorkerView): WorkerRow => ({ ...worker, name: nameOf(worker), stateCell: stateCell(worker), partitions: worker.partitions.length }) // prettier-ignore

export function showCluster({ workers, topics, brokers }: Frame, nowMs: number): void {
  const processes: Column<WorkerRow>['cell'] = ({ processes: own }) =>
    own.length === 0 ? 'none of this machine' : own.map(({ pid, startedMs }) => `pid ${pid}, since ${clock(startedMs)} (${ago(nowMs - startedMs)})`).join('; ') // prettier-ignore
  showTable<WorkerRow>(byId('worker-table'), [
    { title: 'Worker', cell: ({ name }) => name },
    { title: 'State', cell: (row) => row.stateCell },
    { title: 'Group', cell: ({ state }) => state },
    { title: 'Members', number: true, cell: ({ members }) => count(members) },
    { title: 'Partitions', number: true, cell: ({ partitions }) => count(partitions) },
    { title: 'Tasks', cell: ({ tasks }) => tasksText(tasks) },
    { title: 'Restarts seen', number: true, cell: ({ restarts }) => count(restarts) },
    { title: 'Processes', cell: processes },
  ], workers.map(rowOf)) // prettier-ignore
  showTable<(typeof topics)[number]>(byId('topic-table'), [
    { title: 'Topic', cell: ({ topic }) => topic },
    { title: 'Records', number: true, cell: ({ records }) => count(records) },
    { title: 'Now', number: true, cell: ({ perSecond }) => rate(perSecond) },
    { title: 'Partitions', number: true, cell: ({ partitions }) => count(partitions) },
    { title: 'Without a leader', number: true, cell: ({ leaderless }) => count(leaderless) },
    { title: 'Under-replicated', number: true, cell: ({ underReplicated }) => count(underReplicated) },
  ], topics) // prettier-ignore
  showTable<(typeof brokers)[number]>(byId('broker-table'), [
    { title: 'Broker', cell: ({ id }) => String(id) },
    { title: 'Address', cell: ({ address }) => foreign(address) },
    { title: 'Controller', cell: ({ controller }) => (controller ? 'yes' : 'no') },
    { title: "Leads (of payflow's partitions)", number: true, cell: ({ leads }) => count(leads) },
  ], brokers) // prettier-ignore
}
