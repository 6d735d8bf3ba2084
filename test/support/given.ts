import { expect } from 'vitest'
import type { AnyWorker } from '../../src/pipeline/worker.ts'
import type { TopicEvent } from './events.ts'
import { Fold } from './fold.ts'

/** Time that passes without an event of the keys at hand: event time moves on to `untilMs`. */
interface Elapsed {
  readonly untilMs: number
}
type Happening = TopicEvent | Elapsed

export const timePasses = (untilMs: number): Elapsed => ({ untilMs })

interface Expected {
  /** The state of the last event's key; null when there is none. Not looked at when absent. */
  readonly state?: unknown
  /** All that came out since `when`, in order; nothing when absent. */
  readonly emit?: readonly unknown[]
  /** The one reason why the events were refused; none was when absent. */
  readonly reject?: string | RegExp
}

interface When {
  /** Options of the worker, as they are typed on the command line. */
  with(options: Readonly<Record<string, string>>): When
  when(...happenings: readonly Happening[]): { then(expected: Expected): void }
}

/** A worker's test without any set-up: `given(worker, ...before).when(...now).then({ emit, state, reject })`. */
export function given(worker: AnyWorker, ...before: readonly Happening[]): When {
  const configured = (options: Readonly<Record<string, string>>): When => ({
    with: (more) => configured({ ...options, ...more }),
    when: (...now) => ({ then: (expected) => check(run(new Fold(worker, options), before, now), expected) }),
  })
  return configured({})
}

function run(fold: Fold, before: readonly Happening[], now: readonly Happening[]): Fold {
  const happen = (happening: Happening) =>
    'untilMs' in happening ? fold.advance(happening.untilMs) : fold.process(happening)
  before.forEach(happen)
  fold.emitted.length = 0
  fold.rejected.length = 0
  now.forEach(happen)
  return fold
}

function check(fold: Fold, expected: Expected): void {
  const { emit = [], reject } = expected
  expect(fold.emitted).toEqual(emit)
  if (reject === undefined) expect(fold.rejected).toEqual([])
  else expect(fold.rejected).toEqual([typeof reject === 'string' ? reject : expect.stringMatching(reject)])
  if ('state' in expected) expect(fold.states.get(fold.lastKey ?? '') ?? null).toEqual(expected.state)
}
