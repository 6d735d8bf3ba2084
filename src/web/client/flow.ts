import type { Frame, TopicView, WorkerView } from '../../app/dashboard/model.ts'
import { drawn, element, showList } from './dom.ts'
import { count, rate, seconds, short } from './format.ts'

const WIDTH = 190
const HEIGHT = 44
const ACROSS = 246
const DOWN = 66

interface Node {
  readonly id: string
  readonly title: string
  readonly figure: string
  readonly word: string
  readonly level: string
  readonly refused: number
  readonly column: number
}

interface Edge {
  readonly from: string
  readonly to: string
  readonly perSecond: number | null
}

export interface WorkerState {
  readonly word: string
  readonly level: 'ok' | 'info' | 'warning' | 'bad'
}

/** A word and a colour for how a worker is. */
export function stateOf({ running, state, lag, lagSeconds, trend, undecided }: WorkerView): WorkerState {
  if (!running) return lag > 0 ? { word: 'stopped', level: 'bad' } : { word: 'not running', level: 'info' }
  if (/Rebalance|Assigning|Reconciling/.test(state)) return { word: 'rebalancing', level: 'warning' }
  if (undecided >= 1000) return { word: 'held back', level: 'warning' }
  if (lag > 0 && (lagSeconds === null ? lag >= 1000 : lagSeconds >= 5))
    return { word: trend === 'growing' ? 'behind ↑' : trend === 'draining' ? 'behind ↓' : 'behind', level: 'warning' } // prettier-ignore
  return { word: 'running', level: 'ok' }
}

/** Producers, topics and workers in columns: each stands right of all that feeds it. */
function graphOf({ topics, workers: all, letters }: Frame): { nodes: Node[]; edges: Edge[] } {
  const workers = all.filter(({ custom }) => !custom)
  const outputs = new Map<string | null, WorkerView>(workers.map((worker) => [worker.output, worker]))
  const columnOf = (topic: string): number => {
    const writer = outputs.get(topic)
    return writer ? Math.max(...writer.inputs.map(columnOf)) + 2 : 1
  }
  const shown = topics.filter(({ topic }) => outputs.has(topic) || workers.some(({ inputs }) => inputs.includes(topic)))
  const refusedBy = (worker: string): number =>
    (letters?.reasons ?? []).reduce((sum, reason) => sum + (reason.worker === worker ? reason.count : 0), 0)
  const nodes: Node[] = []
  const edges: Edge[] = []
  for (const topic of shown) {
    const column = columnOf(topic.topic)
    nodes.push(topicNode(topic, column))
    if (column > 1) continue
    nodes.push({ ...{ id: `producer:${topic.topic}`, title: 'producers', column: 0, refused: 0 }, ...producing(topic) })
    edges.push({ from: `producer:${topic.topic}`, to: topic.topic, perSecond: topic.perSecond })
  }
  for (const worker of workers) {
    const { level, word } = stateOf(worker)
    const column = Math.max(...worker.inputs.map(columnOf)) + 1
    const age = worker.lagSeconds === null ? '' : `, ${seconds(worker.lagSeconds)}`
    const figure = worker.lag === 0 ? 'no lag' : `lag ${short(worker.lag)}${age}`
    nodes.push({ id: `worker:${worker.worker}`, title: worker.worker, figure, word, level, refused: refusedBy(worker.worker), column }) // prettier-ignore
    const rateOf = (name: string): number | null => topics.find(({ topic }) => topic === name)?.perSecond ?? null
    for (const input of worker.inputs)
      edges.push({ from: input, to: `worker:${worker.worker}`, perSecond: worker.inputs.length === 1 ? worker.perSecond : rateOf(input) }) // prettier-ignore
    if (worker.output !== null)
      edges.push({ from: `worker:${worker.worker}`, to: worker.output, perSecond: rateOf(worker.output) })
  }
  return { nodes, edges }
}

function producing({ perSecond }: TopicView): Pick<Node, 'figure' | 'word' | 'level'> {
  if (perSecond === null) return { figure: 'rate not known', word: '', level: 'info' }
  return { figure: rate(perSecond), word: perSecond > 0 ? 'writing' : 'quiet', level: perSecond > 0 ? 'ok' : 'info' }
}

function topicNode({ topic, records, perSecond, leaderless }: TopicView, column: number): Node {
  const [level, word] = leaderless > 0 ? (['bad', 'no leader'] as const) : (['info', rate(perSecond)] as const)
  return { id: topic, title: topic, figure: `${count(records)} records`, word, level, refused: 0, column }
}

export function showFlow(picture: HTMLElement, list: HTMLElement, frame: Frame): void {
  const { nodes, edges } = graphOf(frame)
  const placed = place(nodes)
  const height = Math.max(0, ...[...placed.values()].map(({ y }) => y)) + HEIGHT + 14
  const width = Math.max(0, ...[...placed.values()].map(({ x }) => x)) + WIDTH + 2
  const svg = drawn(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': summaryOf(frame) },
    ...edges.map((edge) => edgeOf(edge, placed)),
    ...nodes.map((node) => boxOf(node, placed.get(node.id)!)),
  )
  if (!picture.firstChild?.isEqualNode(svg)) picture.replaceChildren(svg)
  showList(list, frame.workers.map(itemOf))
}

const summaryOf = ({ workers }: Frame): string =>
  workers.map((worker) => `${worker.worker}, from ${worker.inputs.join(' and ')} to ${worker.output ?? 'topics not known'}: ${stateOf(worker).word}`).join('; ') // prettier-ignore

function itemOf(worker: WorkerView): HTMLElement {
  const { word, level } = stateOf(worker)
  const way = `${worker.inputs.join(' + ')} → ${worker.worker} → ${worker.output ?? '–'}`
  const figures = ` ${rate(worker.perSecond)}, lag ${count(worker.lag)}`
  return element('li', {}, element('span', { class: 'state', 'data-level': level }, word), ` ${way}`, element('br'), figures) // prettier-ignore
}

interface Spot {
  readonly x: number
  readonly y: number
}

/** In each column from the top, spread over the height of the longest one. */
function place(nodes: readonly Node[]): Map<string, Spot> {
  const columns = new Map<number, Node[]>()
  for (const node of nodes) columns.set(node.column, [...(columns.get(node.column) ?? []), node])
  const tallest = Math.max(0, ...[...columns.values()].map((column) => column.length))
  const spots = new Map<string, Spot>()
  for (const [column, members] of columns) {
    const step = (tallest * DOWN) / members.length
    for (const [i, { id }] of members.entries())
      spots.set(id, { x: 1 + column * ACROSS, y: Math.round(i * step + (step - DOWN) / 2) + 2 })
  }
  return spots
}

function edgeOf({ from, to, perSecond }: Edge, placed: ReadonlyMap<string, Spot>): SVGElement {
  const [a, b] = [placed.get(from), placed.get(to)]
  if (!a || !b) return drawn('g')
  const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2]
  const bend = (x2 - x1) / 2
  // a hundred times as much is some four times as wide
  const width = perSecond ? 1.5 + 1.8 * Math.log10(1 + perSecond) : 1.2
  const path = `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`
  const title = drawn('title', {}, `${from} → ${to}: ${rate(perSecond)}`.replace(/(worker|producer):/g, ''))
  return drawn('path', { class: perSecond ? 'edge' : 'edge still', d: path, 'stroke-width': width.toFixed(1) }, title)
}

function boxOf({ title, figure, word, level, refused }: Node, { x, y }: Spot): SVGElement {
  const text = (kind: string, dx: number, dy: number, said: string, anchor = 'start'): SVGElement =>
    drawn('text', { class: kind, x: dx, y: dy, 'text-anchor': anchor }, said)
  return drawn(
    'g',
    { class: 'node', 'data-level': level, transform: `translate(${x} ${y})` },
    drawn('rect', { width: WIDTH, height: HEIGHT, rx: 7 }),
    drawn('rect', { class: 'stripe', width: 5, height: HEIGHT, rx: 2 }),
    text('name', 12, 18, title),
    text('figure', 12, 35, figure),
    text('figure word', WIDTH - 8, 35, word, 'end'),
    ...(refused > 0 ? [text('refused', 12, HEIGHT + 12, `${count(refused)} refused → dead_letters`)] : []),
  )
}
