import uPlot from 'uplot'
import type { Mark, Point } from '../../app/dashboard/model.ts'
import { drawn, element, setText } from './dom.ts'

interface ChartSpec {
  readonly id: string
  readonly title: string
  /** Of the charts' values, those that begin so. */
  readonly prefix: string
  readonly show: (value: number | null) => string
}

const HEIGHT = 190
const markColours: Readonly<Record<Mark['kind'], string>> = {
  fault: '--bad',
  broker: '--bad',
  restart: '--warning',
  rebalance: '--info',
  topics: '--muted',
}

const styleOf = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Lines over time, with the marks of what has happened meanwhile. */
export class Chart {
  readonly #spec: ChartSpec
  readonly #box: HTMLElement
  readonly #legend = element('ul', { class: 'legend' })
  readonly #canvas = element('div')
  #plot: uPlot | undefined
  #names: readonly string[] = []
  #marks: readonly Mark[] = []

  constructor(spec: ChartSpec) {
    this.#spec = spec
    this.#box = element('div', { class: 'chart', id: `chart-${spec.id}` }, element('h3', {}, spec.title), this.#legend, this.#canvas) // prettier-ignore
  }

  get box(): HTMLElement {
    return this.#box
  }

  show(points: readonly Point[], marks: readonly Mark[], spanMs: number, nowMs: number): void {
    const { prefix } = this.#spec
    const last = points.at(-1)
    const found = new Set(points.flatMap(({ values }) => Object.keys(values).filter((name) => name.startsWith(prefix))))
    const names = [...found]
    this.#marks = marks
    if (!this.#plot || names.join() !== this.#names.join()) this.#make(names)
    const shown = points.filter(({ atMs }) => atMs >= nowMs - spanMs)
    const xs = shown.map(({ atMs }) => atMs / 1000)
    const series = names.map((name) => shown.map(({ values }) => values[name] ?? null))
    this.#plot!.batch(() => {
      this.#plot!.setData([xs, ...series], false)
      this.#plot!.setScale('x', { min: (nowMs - spanMs) / 1000, max: nowMs / 1000 })
      const highest = Math.max(0, ...series.flat().map((value) => value ?? 0))
      this.#plot!.setScale('y', { min: 0, max: highest === 0 ? 1 : highest * 1.1 })
    })
    for (const [i, name] of names.entries())
      setText(this.#legend.children[i]!.querySelector('b')!, this.#spec.show(last?.values[name] ?? null))
  }

  /** After the page's colours or width have changed. */
  refresh(): void {
    this.#plot?.destroy()
    this.#plot = undefined
  }

  #make(names: readonly string[]): void {
    this.#plot?.destroy()
    this.#names = names
    const colours = styleOf('--series').split(' ')
    const colourOf = (i: number): string => colours[i % colours.length]!
    const dashOf = (i: number): number[] => (i % 2 === 0 ? [] : [6, 3])
    this.#legend.replaceChildren(
      ...names.map((name, i) => {
        const line = { x1: 0, y1: 6, x2: 26, y2: 6, stroke: colourOf(i), 'stroke-width': 3, 'stroke-dasharray': dashOf(i).join(' ') } // prettier-ignore
        const swatch = drawn('svg', { viewBox: '0 0 26 12', 'aria-hidden': 'true' }, drawn('line', line))
        return element('li', {}, swatch, ` ${name.slice(this.#spec.prefix.length)} `, element('b'))
      }),
    )
    const axis = { stroke: styleOf('--muted'), grid: { stroke: styleOf('--line'), width: 1 }, ticks: { stroke: styleOf('--line'), width: 1 } } // prettier-ignore
    this.#plot = new uPlot(
      {
        width: Math.max(240, this.#canvas.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true, auto: false }, y: { auto: false } },
        axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => this.#spec.show(tick)) }],
        series: [{}, ...names.map((name, i) => ({ label: name, stroke: colourOf(i), dash: dashOf(i), width: 1.6, points: { show: false }, spanGaps: false }))], // prettier-ignore
        hooks: { draw: [(plot) => this.#drawMarks(plot)] },
      },
      [[], ...names.map(() => [])],
      this.#canvas,
    )
  }

  #drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot
    const { min = 0, max = 0 } = plot.scales['x']!
    ctx.save()
    for (const { kind, atMs } of this.#marks) {
      const seconds = atMs / 1000
      if (seconds < min || seconds > max) continue
      const x = Math.round(plot.valToPos(seconds, 'x', true))
      ctx.strokeStyle = ctx.fillStyle = styleOf(markColours[kind])
      ctx.lineWidth = devicePixelRatio
      ctx.setLineDash([])
      ctx.beginPath()
      ctx.moveTo(x, bbox.top)
      ctx.lineTo(x, bbox.top + bbox.height)
      ctx.stroke()
      const size = 5 * devicePixelRatio
      ctx.beginPath()
      ctx.moveTo(x - size, bbox.top)
      ctx.lineTo(x + size, bbox.top)
      ctx.lineTo(x, bbox.top + 1.6 * size)
      ctx.fill()
    }
    ctx.restore()
  }
}
