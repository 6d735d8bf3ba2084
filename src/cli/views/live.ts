import type { Output } from '../shell/output.ts'
import { Screen } from '../shell/screen.ts'
import type { World } from '../shell/world.ts'

/** What is shown of something that goes on. */
export interface LiveView<State> {
  /** What a terminal shows of it, redrawn in the same place. `announced`: what a signal had to say. */
  readonly lines: (state: State, announced: string | undefined) => readonly string[]
  /** One line of it, for what is not a terminal. */
  readonly plain: (state: State) => string
  /** Redraws come no more often than this, in ms. */
  readonly drawEveryMs?: number
  /** Plain lines come no more often than this, in ms. */
  readonly plainEveryMs: number
}

export interface Shown<State> {
  /** `urgent`: shown even if something was shown a moment ago. */
  readonly show: (state: State, options?: { urgent?: boolean }) => void
  readonly announce: (line: string) => void
}

/** Shows what `run` tells of itself until it ends: redrawn on a terminal, as a line now and then elsewhere. */
export async function live<State, Result>(
  { world, output }: { world: World; output: Output },
  view: LiveView<State>,
  run: (shown: Shown<State>) => Promise<Result>,
): Promise<Result> {
  if (!output.interactive) return run(plainView(output, view))
  return output.drawing(async () => {
    const screen = new Screen(world)
    const shown = drawnView(screen, view)
    const hush = world.announceWith(shown.announce)
    try {
      return await run(shown)
    } finally {
      screen.end()
      hush()
    }
  })
}

/** The first line comes after the interval: what is over by then says its result. */
function plainView<State>(output: Output, { plain, plainEveryMs }: LiveView<State>): Shown<State> {
  let shownMs = performance.now()
  return {
    show: (state, { urgent = false } = {}) => {
      if (!urgent && performance.now() - shownMs < plainEveryMs) return
      shownMs = performance.now()
      output.note(plain(state))
    },
    announce: (line) => output.note(line),
  }
}

function drawnView<State>(screen: Screen, { lines, drawEveryMs = 0 }: LiveView<State>): Shown<State> {
  let latest: { readonly state: State } | undefined
  let announced: string | undefined
  let drawnMs = -Infinity
  const draw = (): void => {
    if (latest === undefined) return
    drawnMs = performance.now()
    screen.draw(lines(latest.state, announced))
  }
  return {
    show: (state, { urgent = false } = {}) => {
      latest = { state }
      if (urgent || performance.now() - drawnMs >= drawEveryMs) draw()
    },
    announce: (line) => {
      announced = line
      draw()
    },
  }
}
