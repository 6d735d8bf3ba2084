import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { isAborted, pause } from '../../pause.ts'
import type { Verdict } from '../monitor/model.ts'
import { silentSecondsOf, verdictOf, type Overview, type Standing } from '../monitor/observer.ts'

/** What is shown at one moment. */
export interface Shown extends Standing {
  readonly verdict: Verdict
  /** How long the brokers have not answered: 0 while they do, null when they never have. */
  readonly silentSeconds: number | null
}

export const shownOf = (standing: Standing, names: readonly string[], before?: Verdict): Shown => ({
  ...standing,
  verdict: verdictOf(standing, names, before),
  silentSeconds: silentSecondsOf(standing),
})

export interface FollowOptions {
  /** Between two looks, in ms: asked before each. */
  readonly intervalMs: () => number
  readonly names: readonly string[]
  readonly signal: AbortSignal
  readonly log: Log
  /** Figures that grow old are shown again this often while no answer comes. */
  readonly ageingMs?: number
}

const AGEING_MS = 1_000

/**
 * Looks again and again until the signal is aborted, and shows each look. Brokers that do not answer end nothing: what was seen last is
 * shown, with its age, until they do.
 */
export async function follow(
  look: () => Promise<Overview>,
  show: (shown: Shown) => void,
  { intervalMs, names, signal, log, ageingMs = AGEING_MS }: FollowOptions,
): Promise<void> {
  let overview: Overview | undefined
  let trouble: string | null = null
  let verdict: Verdict | undefined
  const tell = (): void => {
    const shown = shownOf({ overview, trouble, nowMs: Date.now(), intervalMs: intervalMs() }, names, verdict)
    verdict = shown.verdict
    show(shown)
  }
  while (!signal.aborted) {
    const beganMs = performance.now()
    const looking = look().then(
      (found) => ((overview = found), (trouble = null)),
      (error: unknown) => {
        trouble = messageOf(error)
        log('debug', 'look-failed', { error: trouble })
      },
    )
    const answered = looking.then(() => true)
    while (!(await Promise.race([answered, pause(ageingMs, signal).then(() => signal.aborted)]))) tell()
    if (isAborted(signal)) return
    tell()
    await pause(Math.max(100, intervalMs() - (performance.now() - beganMs)), signal)
  }
}
