import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import type { StateDescription, WorkerDescription } from '../../pipeline/worker/describe.ts'

interface Lines {
  readonly h: string
  readonly v: string
  readonly topLeft: string
  readonly topRight: string
  readonly bottomLeft: string
  readonly bottomRight: string
  readonly arrow: string
  readonly cut: string
  /** A place where lines meet, by where they come from: the sum of 1 (left), 2 (right), 4 (above) and 8 (below). */
  readonly joints: string
}

const unicode: Lines = { h: '─', v: '│', topLeft: '┌', topRight: '┐', bottomLeft: '└', bottomRight: '┘', arrow: '▶', cut: '…', joints: ' ───│┘└┴│┐┌┬│┤├┼' } // prettier-ignore
const ascii: Lines = { h: '-', v: '|', topLeft: '+', topRight: '+', bottomLeft: '+', bottomRight: '+', arrow: '>', cut: '~', joints: ' ---|+++|+++|+++' } // prettier-ignore

const WIDTH = 80
/** Of the lines between a box and the names beside it. */
const AROUND = 10
/** A box is no wider than what its longest text needs, and not much. */
const MOST_IN_BOX = 34

/** `inputs → worker → outputs`, in 80 columns. */
export function diagramLines(worker: WorkerDescription, { isUnicode }: { readonly isUnicode: boolean }): string[] {
  const lines = isUnicode ? unicode : ascii
  const cut = (text: string, most: number): string => cliTruncate(text, most, { truncationCharacter: lines.cut, position: 'middle' }) // prettier-ignore
  const box = boxOf(worker, lines, cut)
  const free = WIDTH - AROUND - stringWidth(box[0]!)
  const [widest, widestOutput] = [worker.inputs, worker.outputs].map((all) => Math.max(...all.map(({ topic }) => stringWidth(topic)))) as [number, number] // prettier-ignore
  const room = Math.min(widest, Math.max(Math.floor(free / 2), free - widestOutput))
  const inputs = worker.inputs.map(({ topic }) => cut(topic, room))
  const outputs = worker.outputs.map(({ topic }) => cut(topic, free - room))
  const height = Math.max(box.length, inputs.length, outputs.length)
  const middle = Math.floor((height - 1) / 2)
  const left = leftOf(inputs, { height, middle, lines })
  const right = rightOf(outputs, { height, middle, lines })
  const boxFrom = Math.floor((height - box.length) / 2)
  const blank = ' '.repeat(stringWidth(box[0]!))
  return Array.from({ length: height }, (_, i) => `${left[i]!}${box[i - boxFrom] ?? blank}${right[i]!}`.trimEnd())
}

type Cut = (text: string, most: number) => string

/** The name in the middle, so that the arrows meet it. */
function boxOf(
  worker: WorkerDescription,
  { h, v, topLeft, topRight, bottomLeft, bottomRight }: Lines,
  cut: Cut,
): string[] {
  // prettier-ignore
  const texts = [worker.worker, ...worker.states.map(stateText)].map((text) => cut(text, MOST_IN_BOX))
  const width = Math.max(...texts.map((text) => stringWidth(text)))
  const bar = h.repeat(width + 2)
  const inside = texts.map((text) => `${v} ${text}${' '.repeat(width - stringWidth(text))} ${v}`)
  return [`${topLeft}${bar}${topRight}`, ...inside, `${bottomLeft}${bar}${bottomRight}`]
}

const stateText = ({ state, hasTimers }: StateDescription): string =>
  `${state === null ? 'state' : `state ${state}`}${hasTimers ? ', timers' : ''}`

interface Side {
  readonly height: number
  /** The row that the arrow is in. */
  readonly middle: number
  readonly lines: Lines
}

/** The rows that names take, around the middle. */
const rowsOf = (names: readonly string[], { height, middle }: Side): { from: number; to: number } => {
  const from = Math.max(0, Math.min(middle - Math.floor((names.length - 1) / 2), height - names.length))
  return { from, to: from + names.length - 1 }
}

function leftOf(names: readonly string[], side: Side): string[] {
  const { lines, middle } = side
  const { from, to } = rowsOf(names, side)
  const width = Math.max(...names.map((name) => stringWidth(name)))
  return Array.from({ length: side.height }, (_, i) => {
    const name = i >= from && i <= to ? names[i - from]! : undefined
    const text = name === undefined ? ' '.repeat(width + 2) : `${name} ${lines.h.repeat(width - stringWidth(name) + 1)}`
    return `${text}${joint(i, { from, to, middle, lines, opens: 'left' })}${i === middle ? `${lines.h}${lines.arrow}` : '  '}`
  })
}

function rightOf(names: readonly string[], side: Side): string[] {
  const { lines, middle } = side
  const { from, to } = rowsOf(names, side)
  return Array.from({ length: side.height }, (_, i) => {
    const name = i >= from && i <= to ? names[i - from]! : undefined
    return `${i === middle ? lines.h : ' '}${joint(i, { from, to, middle, lines, opens: 'right' })}${name === undefined ? '' : `${lines.h}${lines.arrow} ${name}`}` // prettier-ignore
  })
}

interface Joint {
  readonly from: number
  readonly to: number
  readonly middle: number
  readonly lines: Lines
  /** On which side the names are. */
  readonly opens: 'left' | 'right'
}

/** What joins the names' lines to the line of the arrow. */
function joint(row: number, { from, to, middle, lines, opens }: Joint): string {
  const isName = row >= from && row <= to
  const isArrow = row === middle
  const [left, right] = opens === 'left' ? [isName, isArrow] : [isArrow, isName]
  const [first, last] = [Math.min(from, middle), Math.max(to, middle)]
  const isAbove = row > first && row <= last
  const isBelow = row >= first && row < last
  return lines.joints[(left ? 1 : 0) + (right ? 2 : 0) + (isAbove ? 4 : 0) + (isBelow ? 8 : 0)]!
}

/** The same as a Mermaid flowchart, of all workers together. */
export function mermaidLines(workers: readonly WorkerDescription[]): string[] {
  const topics = new Set(workers.flatMap(({ inputs, outputs }) => [...inputs, ...outputs].map(({ topic }) => topic)))
  const idOf = new Map([...topics].map((topic, i) => [topic, `t${i}`]))
  return [
    'flowchart LR',
    ...[...idOf].map(([topic, id]) => `  ${id}[["${topic}"]]`),
    ...workers.flatMap(({ worker, inputs, outputs, states }, i) => [
      `  w${i}["${[worker, ...states.map(stateText)].join('<br>')}"]`,
      ...inputs.map(({ topic }) => `  ${idOf.get(topic)!} --> w${i}`),
      ...outputs.map(({ topic }) => `  w${i} --> ${idOf.get(topic)!}`),
    ]),
  ]
}
