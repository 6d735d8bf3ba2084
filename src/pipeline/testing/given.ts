import type { AnyWorker } from '../worker/definition.ts'
import { ExpectationError, isAsExpected } from './equal.ts'
import type { TopicEvent } from './events.ts'
import { Fold } from './fold.ts'

/** Time that passes without an event of the keys at hand: event time moves on to `untilMs`. */
interface Elapsed {
  readonly untilMs: number
}
export type Happening = TopicEvent | Elapsed

export const timePasses = (untilMs: number): Happening => ({ untilMs })

export interface Expected {
  /** The state of the last event's key; null when there is none. Not looked at when absent. */
  readonly state?: unknown
  /** All that came out since `when`, in order; nothing when absent. May hold matchers such as `expect.objectContaining(…)`. */
  readonly emit?: readonly unknown[]
  /** The one reason why the events were refused; none was when absent. */
  readonly reject?: string | RegExp
}

export interface When {
  /** Options of the worker, as they are typed on the command line. */
  with(options: Readonly<Record<string, string>>): When
  /** `then` throws an error that every test runner shows as a failed comparison. */
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

function check(fold: Fold, { emit = [], reject, ...expected }: Expected): void {
  expect('the emitted events', fold.emitted, emit)
  if (reject === undefined) expect('the refused events', fold.rejected, [])
  else if (fold.rejected.length !== 1 || !says(fold.rejected[0]!, reject))
    throw new ExpectationError('the refused events', fold.rejected, [String(reject)])
  if ('state' in expected) expect('the state', fold.state.find(fold.lastKey ?? '') ?? null, expected.state)
}

const says = (reason: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? reason === wanted : wanted.test(reason)

function expect(what: string, found: unknown, expected: unknown): void {
  if (!isAsExpected(found, expected)) throw new ExpectationError(what, found, expected)
}
