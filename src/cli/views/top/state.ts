/** Where somebody is: what all workers do, one worker, or what lies in one of its partitions. */
type Place =
  | { readonly kind: 'workers' }
  | { readonly kind: 'worker'; readonly worker: string }
  | { readonly kind: 'partition'; readonly worker: string; readonly topic: string; readonly partition: number }

const sorts = ['worst', 'lag', 'behind', 'rate', 'name'] as const
export type Sort = (typeof sorts)[number]

export interface TopState {
  readonly place: Place
  /** The key of the row that is chosen; undefined: the first. */
  readonly selected: string | undefined
  /** Regular expression of rows to show, `!` for those that do not match. */
  readonly filter: string
  /** What is being typed of a filter; undefined: nothing is. */
  readonly typing: string | undefined
  readonly sort: Sort
  readonly help: boolean
  readonly paused: boolean
  readonly intervalMs: number
}

export const initialState = (intervalMs: number): TopState => ({
  place: { kind: 'workers' },
  selected: undefined,
  filter: '',
  typing: undefined,
  sort: 'worst',
  help: false,
  paused: false,
  intervalMs,
})

/** A key as Node's `readline` names it. */
export interface Key {
  readonly name?: string | undefined
  readonly sequence?: string | undefined
  readonly ctrl?: boolean | undefined
  readonly meta?: boolean | undefined
}

export type Pressed = TopState | 'quit'

const intervals = [500, 1_000, 2_000, 5_000, 10_000, 30_000]

/** What a key does. `rows`: keys of the rows that are shown, in their order. */
export function press(state: TopState, key: Key, rows: readonly string[]): Pressed {
  if (state.typing !== undefined) return type(state, state.typing, key)
  // Escape alone comes with `meta`
  if (key.ctrl || (key.meta && key.name !== 'escape')) return state
  if (state.help) return key.name === 'q' ? 'quit' : { ...state, help: false }
  switch (key.name) {
    case 'q':
      return 'quit'
    case 'up':
    case 'k':
      return move(state, rows, -1)
    case 'down':
    case 'j':
      return move(state, rows, 1)
    case 'home':
    case 'end':
      return { ...state, selected: rows.at(key.name === 'home' ? 0 : -1) }
    case 'return':
    case 'enter':
    case 'right':
    case 'l':
      return open(state, rows)
    case 'escape':
    case 'left':
    case 'h':
    case 'backspace':
      return back(state)
    case 's':
      return { ...state, sort: sorts[(sorts.indexOf(state.sort) + 1) % sorts.length]! }
    case 'p':
    case 'space':
      return { ...state, paused: !state.paused }
    default:
  }
  switch (key.sequence) {
    case '/':
      return { ...state, typing: state.filter }
    case '?':
      return { ...state, help: true }
    case '+':
      return { ...state, intervalMs: intervals.find((ms) => ms > state.intervalMs) ?? state.intervalMs }
    case '-':
      return { ...state, intervalMs: intervals.findLast((ms) => ms < state.intervalMs) ?? state.intervalMs }
    default:
      return state
  }
}

function type(state: TopState, typing: string, { name, sequence = '', ctrl, meta }: Key): TopState {
  if (name === 'return' || name === 'enter') return { ...state, filter: typing, typing: undefined, selected: undefined }
  if (name === 'escape') return { ...state, typing: undefined }
  if (name === 'backspace') return { ...state, typing: typing.replace(/.$/su, '') }
  if (ctrl && name === 'u') return { ...state, typing: '' }
  const isText = !ctrl && !meta && !/\p{Cc}/u.test(sequence)
  return isText ? { ...state, typing: typing + sequence } : state
}

function move(state: TopState, rows: readonly string[], by: number): TopState {
  if (rows.length === 0) return state
  const at = Math.max(0, rows.indexOf(state.selected ?? rows[0]!))
  return { ...state, selected: rows[Math.min(rows.length - 1, Math.max(0, at + by))] }
}

function open(state: TopState, rows: readonly string[]): TopState {
  const chosen = state.selected !== undefined && rows.includes(state.selected) ? state.selected : rows[0]
  if (chosen === undefined) return state
  const { place } = state
  if (place.kind === 'workers') return enter(state, { kind: 'worker', worker: chosen })
  if (place.kind === 'partition') return state
  const cut = chosen.lastIndexOf('/')
  const [topic, partition] = [chosen.slice(0, cut), Number(chosen.slice(cut + 1))]
  return enter(state, { kind: 'partition', worker: place.worker, topic, partition })
}

/** Out of a place, to the row that led there; at the top, what is filtered is shown again. */
function back(state: TopState): TopState {
  const { place } = state
  if (place.kind === 'workers') return { ...state, filter: '' }
  if (place.kind === 'worker') return { ...state, place: { kind: 'workers' }, selected: place.worker, filter: '' }
  const selected = `${place.topic}/${place.partition}`
  return { ...state, place: { kind: 'worker', worker: place.worker }, selected, filter: '' }
}

const enter = (state: TopState, place: Place): TopState => ({ ...state, place, selected: undefined, filter: '' })
