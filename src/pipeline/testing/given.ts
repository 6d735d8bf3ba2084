import type { AnyWorker } from '../worker/definition.ts'
import { isOutputRecord } from '../events/output-record.ts'
import { ExpectationError, isAsExpected } from './equal.ts'
import type { Tombstone, TopicEvent } from './events.ts'
import { Fold, type Emission } from './fold.ts'

/** Time that passes without an event of the keys at hand: event time moves on to `untilMs`. */
interface Elapsed {
  readonly untilMs: number
}
export type Happening = TopicEvent | Tombstone | Elapsed

export const timePasses = (untilMs: number): Happening => ({ untilMs })

export interface Expected {
  /** The state of the last event's key; null when there is none. Of several states each, by their names. Not looked at when absent. */
  readonly state?: unknown
  /**
   * All that came out since `when`, in order; nothing when absent. Of several outputs each that got some, by their names. May hold matchers such
   * as `expect.objectContaining(…)`; key and headers are looked at where `toRecord` says them.
   */
  readonly emit?: readonly unknown[] | Readonly<Record<string, readonly unknown[]>>
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
    'untilMs' in happening
      ? fold.advance(happening.untilMs)
      : 'tombstone' in happening
        ? fold.processNull(happening)
        : fold.process(happening)
  before.forEach(happen)
  fold.clear()
  now.forEach(happen)
  return fold
}

function check(fold: Fold, { emit = [], reject, ...expected }: Expected): void {
  checkEmitted(fold.records, emit)
  if (reject === undefined) expect('the refused events', fold.rejected, [])
  else if (fold.rejected.length !== 1 || !says(fold.rejected[0]!, reject))
    throw new ExpectationError('the refused events', fold.rejected, [String(reject)])
  if ('state' in expected) expect('the state', fold.lastState, expected.state)
}

function checkEmitted(records: readonly Emission[], emit: NonNullable<Expected['emit']>): void {
  if (isList(emit)) {
    expect('the emitted events', asSaid(records, emit), emit.map(plain))
    return
  }
  const found = Object.fromEntries(records.map(({ to }) => [to, asSaid(records.filter((record) => record.to === to), emit[to])])) // prettier-ignore
  const wanted = Object.entries(emit).filter(([, events]) => events.length > 0)
  expect('the emitted events', found, Object.fromEntries(wanted.map(([to, events]) => [to, events.map(plain)])))
}

const isList = (emit: NonNullable<Expected['emit']>): emit is readonly unknown[] => Array.isArray(emit)

/** Events alone, but for those that are expected with a key or headers. */
const asSaid = (records: readonly Emission[], emit: readonly unknown[] = []): unknown[] =>
  records.map(({ event, key, headers }, i) => {
    const wanted = emit[i]
    return isOutputRecord(wanted) ? { event, headers, ...(wanted.key !== undefined && { key }) } : event
  })

const plain = (emitted: unknown): unknown => {
  if (!isOutputRecord(emitted)) return emitted
  const headers = Object.fromEntries(emitted.headers.map(({ key, value }) => [key, value.toString()]))
  return { event: emitted.event, headers, ...(emitted.key !== undefined && { key: emitted.key }) }
}

const says = (reason: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? reason === wanted : wanted.test(reason)

function expect(what: string, found: unknown, expected: unknown): void {
  if (!isAsExpected(found, expected)) throw new ExpectationError(what, found, expected)
}
