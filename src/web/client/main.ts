import { History } from '../../app/dashboard/history.ts'
import type { Frame, Mark, Point } from '../../app/dashboard/model.ts'
import { Chart } from './charts.ts'
import { byId, element, setLevel, setText } from './dom.ts'
import { showFlow } from './flow.ts'
import { ago, clock, ms, rate, seconds } from './format.ts'
import { setUpKeys } from './keys.ts'
import { setUpOrders } from './order.ts'
import { showAttention, showCluster, showLag, showLetters, showMarks, showMoney } from './panels.ts'
import { follow, ServerClock } from './stream.ts'
import { TailPanel } from './tail.ts'

const charts = [
  new Chart({ id: 'rate', title: 'Records a second, by topic', prefix: 'rate:', show: rate }),
  new Chart({ id: 'seconds', title: 'Lag in seconds, by worker', prefix: 'seconds:', show: seconds }),
  new Chart({ id: 'latency', title: 'From payment to status', prefix: 'latency:', show: ms }),
]
const spans = [5, 15, 60]
const words = { ok: 'OK', info: 'Note', warning: 'Behind', bad: 'Trouble' } as const
/** Figures that are older are shown as old. */
const OLD_MS = 5_000
const SPARK_MS = 5 * 60_000

let history = new History()
let frame: Frame | undefined
let build: string | undefined
let spanMs = spans[0]! * 60_000
let paused = false
let connected = false
const serverClock = new ServerClock()
const orders = setUpOrders()
const tail = new TailPanel()

byId('chart-list').append(...charts.map(({ box }) => box))
for (const minutes of spans) {
  const input = element('input', { type: 'radio', name: 'span', value: minutes })
  input.checked = minutes * 60_000 === spanMs
  input.addEventListener('change', () => {
    spanMs = minutes * 60_000
    showCharts()
  })
  byId('span').append(element('label', {}, input, `${minutes} minutes`))
}

function showCharts(): void {
  const [points, marks, nowMs] = [history.points, history.marks, serverClock.now()]
  for (const chart of charts) chart.show(points, marks, spanMs, nowMs)
}

function showVerdict({ verdict }: Frame): void {
  const { level, text, command, sinceMs } = verdict
  setLevel(byId('verdict'), level)
  const word = words[level]
  if (byId('verdict-word').textContent !== word || byId('verdict-command').textContent !== command) setText(byId('announced'), `${word}: ${text}`) // prettier-ignore
  setText(byId('verdict-word'), word)
  setText(byId('verdict-text'), text)
  setText(byId('verdict-since'), `since ${clock(sinceMs)}`)
  setText(byId('verdict-command'), command)
  setText(document.querySelector('title')!, level === 'ok' ? 'payflow' : `${word}: ${text} – payflow`)
}

/** Ages, which go on when nothing else comes. */
function showAges(): void {
  const state = byId('connection')
  setLevel(state, connected ? (paused ? 'warning' : 'ok') : 'bad')
  setText(state, connected ? (paused ? 'paused' : 'live') : 'disconnected, retrying')
  const sampledMs = frame?.sampledMs ?? null
  const isOld = sampledMs !== null && serverClock.now() - sampledMs > OLD_MS
  document.documentElement.classList.toggle('stale', !connected || paused || isOld)
  if (!frame) return
  setText(byId('age'), sampledMs === null ? 'no figures yet' : `figures of ${clock(sampledMs)}, ${ago(serverClock.now() - sampledMs)}`) // prettier-ignore
  const { audit } = frame
  const result = audit && (audit.ok ? `right (${audit.workers} workers, ${audit.inputs.toLocaleString('en')} inputs)` : `${audit.differences} differences: ${audit.first ?? ''}`) // prettier-ignore
  setText(byId('audit'), audit ? `audit: ${result ?? ''}, ${ago(serverClock.now() - audit.atMs)}` : 'audit: none yet')
}

function pastLags(points: readonly Point[], nowMs: number): (worker: string) => (number | null)[] {
  const recent = points.filter(({ atMs }) => atMs >= nowMs - SPARK_MS)
  return (worker) => recent.map(({ values }) => values[`lag:${worker}`] ?? null)
}

function showFrame(now: Frame): void {
  showVerdict(now)
  showMoney(now)
  showFlow(byId('flow-picture'), byId('flow-list'), now)
  showLag(now, pastLags(history.points, now.atMs))
  showAttention(now)
  showLetters(now)
  showCluster(now, now.atMs)
  showMarks(history.marks)
  tail.offer(now.topics.map(({ topic }) => topic))
  showCharts()
}

function take(now: Frame, points: readonly (Point | null)[], marks: readonly Mark[]): void {
  serverClock.hear(now)
  for (const point of points) if (point) history.add(point)
  for (const mark of marks) history.mark(mark)
  if (paused) return
  frame = now
  showFrame(now)
  showAges()
}

function setPaused(to: boolean): void {
  paused = to
  byId('pause').setAttribute('aria-pressed', String(to))
  setText(byId('pause'), to ? 'Go on' : 'Pause')
  showAges()
}
byId('pause').addEventListener('click', () => setPaused(!paused))

/** `#/lag` is a section, `#/order/<id>` an order in its section. */
function goTo(hash: string): void {
  const [, name = '', detail] = hash.split('/')
  const section = document.getElementById(name)
  if (section?.tagName !== 'SECTION') return
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${name}`) link.setAttribute('aria-current', 'true')
    else link.removeAttribute('aria-current')
  }
  section.scrollIntoView()
  if (name === 'order' && detail !== undefined && detail !== '') orders.find(decodeURIComponent(detail))
}
addEventListener('hashchange', () => goTo(location.hash))

setUpKeys({ pause: () => setPaused(!paused), tail: () => tail.toggle() })
setInterval(showAges, 500)
const redraw = (): void => {
  for (const chart of charts) chart.refresh()
  if (frame) showCharts()
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
let resizing = 0
addEventListener('resize', () => {
  clearTimeout(resizing)
  resizing = setTimeout(redraw, 150)
})

follow({
  onState: (state) => {
    connected = state === 'connected'
    showAges()
  },
  onHello: (hello) => {
    // another payflow serves another page
    if (build !== undefined && build !== hello.build) location.reload()
    const first = build === undefined
    build = hello.build
    history = new History()
    take(hello.frame, hello.history, hello.marks)
    if (first) goTo(location.hash)
  },
  onUpdate: ({ frame: now, point }) => take(now, [point], now.marks),
})
