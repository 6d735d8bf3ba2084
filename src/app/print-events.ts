import { pause } from '../pause.ts'
import type { Kind } from '../pipeline/sources/source.ts'
import { Pacer } from '../runtime/producers/pacer.ts'
import { sourceOf, type Flow } from './producers.ts'

export interface PrintHooks {
  /** An event as `payflow produce` would write it. */
  readonly print: (event: { readonly topic: string; readonly key: string; readonly value: string }) => void
  /** Returns when there is room for more. */
  readonly flush: () => Promise<void>
  readonly signal: AbortSignal
}

const AT_ONCE = 1_000
const TICK_MS = 50

/** The events of a flow in the order of their times, as fast as they would be written: no broker is asked for anything. Returns how many of each kind. */
export async function printEvents(
  flow: Flow,
  kinds: readonly Kind[],
  { print, flush, signal }: PrintHooks,
): Promise<Map<Kind, number>> {
  const startedMs = performance.now()
  const over = (): boolean => flow.durationMs !== undefined && performance.now() - startedMs >= flow.durationMs
  const runs = await Promise.all(
    kinds.map(async (kind) => {
      const rate = flow.rateOf(kind)
      const source = await sourceOf(kind, flow)
      const { durationMs, count = Infinity } = flow
      // with a rate, a duration is a number of events: the same command prints the same ones
      const end =
        durationMs === undefined || rate === 'max' ? count : Math.min(count, Math.ceil((durationMs / 1000) * rate))
      return {
        kind,
        source,
        end,
        intervalMs: rate === 'max' ? 10 : 1000 / rate,
        pacer: new Pacer(rate, startedMs),
        next: 0,
      }
    }),
  )
  while (!signal.aborted && !(flow.rateOf(kinds[0]!) === 'max' && over())) {
    const nowMs = performance.now()
    const left = runs.filter((run) => run.next < run.end)
    if (left.length === 0) break
    for (let n = 0; n < AT_ONCE; n++) {
      const due = left.filter((run) => run.next < Math.min(run.end, run.pacer.due(nowMs)))
      if (due.length === 0) break
      const run = due.reduce((first, other) =>
        other.next * other.intervalMs < first.next * first.intervalMs ? other : first,
      )
      const { source, next } = run
      print({ topic: source.topic.name, key: source.key(next), value: source.json(next) })
      run.next++
    }
    await flush()
    const waitMs = Math.min(
      ...left.map((run) => (run.next < run.end ? run.pacer.waitMs(run.next, performance.now()) : Infinity)),
    )
    if (waitMs > 0 && waitMs < Infinity) await pause(Math.max(waitMs, TICK_MS), signal)
    else await pause(0, signal)
  }
  return new Map(runs.map(({ kind, next }) => [kind, next]))
}
